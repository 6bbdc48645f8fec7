package poller

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// seen is what an observer was told by one poll, in numbers.
type seen struct{ opened, changed, closed int }

// watchPolls returns an observer and what it was told.
func watchPolls() (observe func(*Delta), told *[]seen) {
	told = new([]seen)
	return func(d *Delta) {
		*told = append(*told, seen{len(d.Opened), len(d.Changed), len(d.Closed)})
	}, told
}

// statusOf returns the table's status.
func statusOf(p *Poller) (s Status) {
	p.Read(func(t *Table) { s = t.Status() })
	return s
}

// A poll that fails closes nothing, even where it brought part of the sockets; the page and the operator are told,
// and the next poll that works goes on from there.
func TestPollFails(t *testing.T) {
	sockets, err := many(4), error(nil)
	var log bytes.Buffer
	observe, told := watchPolls()
	p := fake(lists(&sockets, &err), nobody{}, Options{Observe: observe, Log: slog.New(slog.NewTextHandler(&log, nil))})
	p.poll(t.Context())
	good := statusOf(p)
	if !good.Complete || good.Stale != "" || good.Seq != 1 || good.At.IsZero() {
		t.Errorf("after a good poll: %+v", good)
	}
	whole := sockets
	sockets, err = sockets[:2], errBroken
	p.poll(t.Context())
	p.poll(t.Context())
	bad := statusOf(p)
	if bad.Complete || !strings.Contains(bad.Stale, errBroken.Error()) || bad.Seq != 1 || !bad.At.Equal(good.At) || bad.Counts.Total() != 4 {
		t.Errorf("after bad polls: %+v", bad)
	}
	p.Read(func(table *Table) {
		if table.Len() != 4 || len(table.History()) != 1 {
			t.Errorf("%d rows and %d samples after bad polls, want 4 and 1", table.Len(), len(table.History()))
		}
	})
	sockets, err = whole[1:], nil
	p.poll(t.Context())
	if s := statusOf(p); !s.Complete || s.Stale != "" || s.Seq != 2 || s.Counts.Total() != 3 {
		t.Errorf("after it works again: %+v", s)
	}
	p.poll(t.Context())
	if want := []seen{{4, 0, 0}, {}, {}, {0, 3, 1}, {}}; !slices.Equal(*told, want) {
		t.Errorf("the observer was told %v, want %v", *told, want)
	}
	if text := log.String(); strings.Count(text, "poll failed") != 1 || strings.Count(text, "polls work again") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
}

// A poll that is cut off by the end of its context is no failure and changes nothing.
func TestPollCutOff(t *testing.T) {
	sockets, err := many(2), error(nil)
	observe, told := watchPolls()
	source := lists(&sockets, &err)
	p := fake(source, nobody{}, Options{Observe: observe})
	p.poll(t.Context())
	before := statusOf(p)
	ctx, cancel := context.WithCancel(t.Context())
	source.list = func(context.Context) ([]Socket, error) {
		cancel()
		return nil, nil
	}
	p.poll(ctx)
	if after := statusOf(p); after.Stale != "" || after.Seq != before.Seq || after.Counts != before.Counts || len(*told) != 1 {
		t.Errorf("status %+v, observer told %v", after, *told)
	}
}

// A delta's status is that of the table after it, with the source's notes.
func TestPollStatus(t *testing.T) {
	sockets, err := many(3), error(nil)
	var told []Status
	p := fake(lists(&sockets, &err), nobody{}, Options{Observe: func(d *Delta) { told = append(told, d.Status) }})
	if s := statusOf(p); s.Source != "netlink" || s.Interval != time.Second || s.Seq != 0 || s.Complete || len(s.Notes) != 1 {
		t.Errorf("before the first poll: %+v", s)
	}
	for n := 3; n >= 0; n-- {
		sockets = sockets[:n]
		p.poll(t.Context())
		last := told[len(told)-1]
		if last.Counts[StateEstablished] != n || last.Seq != uint64(4-n) || !slices.Equal(last.Notes, []string{"a note of the source"}) {
			t.Errorf("%d sockets: %+v", n, last)
		}
	}
	err = errBroken
	p.poll(t.Context())
	if last := told[len(told)-1]; last.Stale == "" || last.Complete || last.Seq != 4 || !last.At.Equal(told[3].At) {
		t.Errorf("a poll that failed: %+v", last)
	}
}

// Rates and opening times are told only when the last whole poll is not long ago; a failed poll is none.
func TestPollGap(t *testing.T) {
	for _, tt := range []struct {
		gap   time.Duration
		known bool
	}{{time.Second, true}, {3 * time.Second, true}, {3*time.Second + 1, false}, {time.Hour, false}} {
		t.Run(fmt.Sprint(tt.gap), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sockets, err := counted(0, 0), error(nil)
				p := fake(lists(&sockets, &err), nobody{}, Options{})
				p.poll(t.Context())
				time.Sleep(tt.gap / 2)
				err = errBroken
				p.poll(t.Context())
				time.Sleep(tt.gap - tt.gap/2)
				other := counted(0, 0)[0]
				other.ID = 2
				sockets, err = append(counted(600, 0), other), nil
				p.poll(t.Context())
				received, _, known := rate(t, p.table)
				if known != tt.known || known && received != 600/tt.gap.Seconds() {
					t.Errorf("%v/s, known %v", received, known)
				}
				if c, _ := p.table.Get(2); c.Known.Has(KnownOpened) != tt.known {
					t.Errorf("opening time known: %v", !tt.known)
				}
			})
		})
	}
}

// Whoever reads sees a table between two polls, never one that is being changed.
func TestReadWhileItPolls(t *testing.T) {
	full, empty := many(50), []Socket(nil)
	sockets, err := full, error(nil)
	p := fake(lists(&sockets, &err), nobody{}, Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			if sockets = full; i%2 == 1 {
				sockets = empty
			}
			p.poll(t.Context())
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		p.Read(func(table *Table) {
			n := len(rows(table))
			if n != 0 && n != 50 || n != table.Len() || n != table.status.Counts.Total() {
				t.Errorf("%d rows, length %d, counts %d", n, table.Len(), table.status.Counts.Total())
			}
		})
	}
}

// A row knows its age from when it was first seen, or from when it was opened.
func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sockets, err := many(1), error(nil)
		p := fake(lists(&sockets, &err), nobody{}, Options{})
		p.poll(t.Context())
		time.Sleep(time.Second)
		sockets = many(2)
		p.poll(t.Context())
		time.Sleep(time.Second)
		sockets[1].State = StateCloseWait // a change does not make it younger
		p.poll(t.Context())
		time.Sleep(4 * time.Second)
		for id, want := range map[ID]struct {
			age   time.Duration
			exact bool
		}{1: {6 * time.Second, false}, 2: {5 * time.Second, true}} {
			c, _ := p.table.Get(id)
			if age, exact := c.Age(time.Now()); age != want.age || exact != want.exact {
				t.Errorf("row %v: %v, exact %v, want %+v", id, age, exact, want)
			}
			if age, _ := c.Age(time.Now().Add(-time.Hour)); age != 0 {
				t.Errorf("row %v: %v before it was seen", id, age)
			}
		}
	})
}
