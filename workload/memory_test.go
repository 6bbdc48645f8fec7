package workload

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// owned is a row of a process.
func owned(id poller.ID, state poller.State, pid int32) *poller.Connection {
	c := &poller.Connection{Owner: &poller.Process{PID: pid, Start: 1}}
	c.ID, c.State = id, state
	return c
}

var begin = time.Unix(1_000_000, 0)

// TestGrowingCloseWait: connections that are never closed are said to grow; when they are closed, not any more.
func TestGrowingCloseWait(t *testing.T) {
	m, at := NewMemory(), begin
	var rows []*poller.Connection
	look := func() *Trend { return m.Look(Key{7, 1}, Vitals{}, at).CloseWait }
	for n := range 10 {
		at = at.Add(apart)
		c := owned(poller.ID(n+1), poller.StateEstablished, 7)
		m.Observe(&poller.Delta{Opened: []*poller.Connection{c}}, at)
		c.State = poller.StateCloseWait
		rows = append(rows, c)
		m.Observe(&poller.Delta{Changed: []*poller.Connection{c, c}}, at.Add(time.Second)) // named twice, counted once
		if got := look(); n == 1 && got != nil {
			t.Errorf("two samples are a trend: %+v", got)
		}
	}
	if got := look(); got == nil || got.To != 9 || got.Over < 30*time.Second {
		t.Fatalf("%+v", got)
	}
	if other := m.Look(Key{7, 2}, Vitals{}, at).CloseWait; other != nil {
		t.Errorf("another process with the PID: %+v", other)
	}
	at = at.Add(apart)
	m.Observe(&poller.Delta{Closed: rows}, at)
	if got := look(); got != nil || len(m.waiting) != 0 {
		t.Errorf("after they were closed: %+v, %d are waiting", got, len(m.waiting))
	}
	at = at.Add(2 * keep)
	m.Observe(&poller.Delta{}, at)
	if len(m.series) != 0 {
		t.Errorf("%d are remembered", len(m.series))
	}
}

// TestGrowingDescriptors: by what is read when somebody looks.
func TestGrowingDescriptors(t *testing.T) {
	m, at := NewMemory(), begin
	var got Signs
	for n := range uint64(8) {
		open := 100 + 10*n
		got = m.Look(Key{7, 1}, Vitals{Descriptors: &open}, at)
		m.Look(Key{7, 1}, Vitals{Descriptors: &open}, at.Add(time.Second)) // sooner than a sample is due
		at = at.Add(apart)
	}
	if d := got.Descriptors; d == nil || d.From != 100 || d.To != 170 || d.Over != 7*apart {
		t.Fatalf("%+v", d)
	}
	for range 8 { // it stays
		open := uint64(170)
		got = m.Look(Key{7, 1}, Vitals{Descriptors: &open}, at)
		at = at.Add(apart)
	}
	if got.Descriptors != nil {
		t.Errorf("what stands still grows: %+v", got.Descriptors)
	}
}

// TestTrend: what is said to grow has never fallen, and is more than it was.
func TestTrend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Uint64Range(0, 40), 0, 20).Draw(t, "counts")
		var all []sample
		for i, n := range counts {
			all = append(all, sample{begin.Add(time.Duration(i) * apart), n})
		}
		got := trend(all)
		if got == nil {
			return
		}
		n := int(got.Over/apart) + 1
		tail := counts[len(counts)-n:]
		for i := 1; i < len(tail); i++ {
			if tail[i] < tail[i-1] {
				t.Fatalf("%v fell", tail)
			}
		}
		if n < minSamples || got.To-got.From < minRise || tail[0] != got.From || tail[n-1] != got.To {
			t.Fatalf("%+v of %v", got, counts)
		}
	})
}

// TestCPU is the share of the last seconds.
func TestCPU(t *testing.T) {
	m, at := NewMemory(), begin
	used := time.Minute
	if got := m.Look(Key{7, 1}, Vitals{CPU: &used}, at); got.CPU != nil {
		t.Errorf("at the first look: %v", *got.CPU)
	}
	for range 30 {
		at, used = at.Add(time.Second), used+250*time.Millisecond
		got := m.Look(Key{7, 1}, Vitals{CPU: &used}, at)
		if got.CPU == nil || *got.CPU < 0.249 || *got.CPU > 0.251 {
			t.Fatalf("%v", got.CPU)
		}
	}
	if n := len(m.series[Key{7, 1}].cpu); n > 12 {
		t.Errorf("%d samples", n)
	}
}

// TestBounds: however many processes come, a bounded number is remembered, and those in trouble last.
func TestBounds(t *testing.T) {
	m := NewMemory()
	m.Observe(&poller.Delta{Opened: []*poller.Connection{owned(1, poller.StateCloseWait, 1)}}, begin)
	for n := range int32(3 * maxSeries) {
		m.Look(Key{10 + n, 1}, Vitals{}, begin.Add(time.Duration(n)*time.Second))
	}
	if len(m.series) != maxSeries || m.series[Key{1, 1}] == nil || m.series[Key{10, 1}] != nil {
		t.Errorf("%d are remembered", len(m.series))
	}
	for n := range poller.ID(3 * maxSeries) {
		m.Observe(&poller.Delta{Opened: []*poller.Connection{owned(n+10, poller.StateCloseWait, int32(n)+10_000)}}, begin)
	}
	if len(m.series) > maxSeries {
		t.Errorf("%d are remembered", len(m.series))
	}
}
