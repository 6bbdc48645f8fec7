package web

import (
	"slices"
	"testing"
	"time"

	"sockeye/poller"
)

// dueRows are the rows that a calendar says are due, in the order of their numbers.
func dueRows(k *calendar) (rows []int32) {
	for n, ok := k.due(); ok; n, ok = k.due() {
		rows = append(rows, n)
	}
	slices.Sort(rows)
	return rows
}

// TestCalendar: rows are due once at each age, and only those that are still there.
func TestCalendar(t *testing.T) {
	start := time.Unix(1000, 0)
	k := newCalendar(parsed(t, "age=2s..5s"))
	k.begin(start)
	at := func(seconds int) *poller.Connection {
		return &poller.Connection{FirstSeen: start.Add(time.Duration(seconds) * time.Second)}
	}
	rows := []*poller.Connection{at(0), at(-1), at(-2), at(-100), at(0)}
	for n, c := range rows {
		k.note(int32(n), c)
	}
	for _, step := range []struct {
		after time.Duration
		want  []int32
	}{{0, nil}, {time.Second, []int32{1}}, {2 * time.Second, []int32{0}}, {3 * time.Second, nil}, {3001 * time.Millisecond, []int32{2}}, {time.Hour, []int32{0, 1}}} {
		if step.after == 2*time.Second {
			k.forget(4)
		}
		if !k.advance(start.Add(step.after)) {
			t.Fatalf("%v is not later", step.after)
		}
		got := dueRows(k)
		if !slices.Equal(got, step.want) {
			t.Errorf("after %v: %v, want %v", step.after, got, step.want)
		}
		for _, n := range got {
			k.note(n, rows[n])
		}
	}
	if k.advance(start) {
		t.Error("an earlier moment is later")
	}
}

// TestCalendarIsTidy: rows that come and go leave no dates behind for good.
func TestCalendarIsTidy(t *testing.T) {
	k := newCalendar(parsed(t, "age=%3E1h"))
	k.begin(time.Unix(1000, 0))
	for i := range 100_000 {
		k.note(7, &poller.Connection{FirstSeen: time.Unix(999, int64(i)*1000*int64(i%3))})
		if i%2 == 1 {
			k.forget(7)
		}
	}
	if k.noted != 0 || len(k.dates) > 2048 {
		t.Errorf("%d dates for %d rows", len(k.dates), k.noted)
	}
}
