package diagnose

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"sockeye/poller"
)

// crowds are tables of 100,000 sockets, to see what a Watch remembers of each.
var crowds = []struct {
	name string
	row  func(i int) poller.Connection
}{
	{"server", func(i int) poller.Connection { // everybody calls us, and all is quiet
		c := conn(i, poller.StateEstablished, fmt.Sprintf("203.%d.%d.%d:40000", i>>16, i>>8&255, i&255))
		c.Direction = poller.Inbound
		return c
	}},
	{"client of one service", func(i int) poller.Connection { return conn(i, poller.StateEstablished, "198.51.100.7:443") }},
	{"client of a different peer each", func(i int) poller.Connection {
		return conn(i, poller.StateEstablished, fmt.Sprintf("203.%d.%d.%d:443", i>>16, i>>8&255, i&255))
	}},
	{"busy server", func(i int) poller.Connection { // one in ten waits for something, one in a hundred is in CLOSE_WAIT
		c := conn(i, poller.StateEstablished, fmt.Sprintf("203.%d.%d.%d:40000", i>>16, i>>8&255, i&255))
		c.Direction = poller.Inbound
		if i%10 == 0 {
			c.SendQueue, c.Retransmits = 5000, 3
		}
		if i%100 == 0 {
			c.State = poller.StateCloseWait
		}
		return c
	}},
}

const crowd = 100_000

// newCrowd makes the rows of a crowd.
func newCrowd(row func(int) poller.Connection) []poller.Connection {
	list := make([]poller.Connection, crowd)
	for i := range list {
		list[i] = row(i + 1)
	}
	return list
}

// BenchmarkWatch has 100,000 sockets of which one in a hundred changes with each poll, and tells what the memory of the
// Watch comes to.
func BenchmarkWatch(b *testing.B) {
	for _, c := range crowds {
		b.Run(c.name, func(b *testing.B) {
			rows := newCrowd(c.row)
			first := open(rows...)
			first.Seq, first.At = 1, time.Unix(1e9, 0)
			before := inUse()
			w := NewWatch()
			w.Apply(&first)
			size := inUse() - before
			delta := change(rows[:crowd/100]...)
			delta.At = first.At
			b.ReportAllocs()
			for b.Loop() {
				delta.At = delta.At.Add(time.Second)
				w.Apply(&delta)
			}
			b.ReportMetric(max(0, float64(size))/crowd, "B/socket")
			runtime.KeepAlive(w)
		})
	}
}

// BenchmarkFindings applies the rules to 100,000 sockets, as somebody does who looks.
func BenchmarkFindings(b *testing.B) {
	x := rowList{newBench(newCrowd(crowds[3].row)...), pointers(newCrowd(crowds[3].row))}
	b.ReportAllocs()
	for b.Loop() {
		x.w.Wants(x)
		x.w.Findings(x, Facts{FirstPort: 32768, LastPort: 60999})
	}
}

// rowList has its rows in a list, as a real table does.
type rowList struct {
	*bench
	list []*poller.Connection
}

func (r rowList) All() iter.Seq[*poller.Connection] { return slices.Values(r.list) }

// inUse is the memory in use, once what is not has been given back.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestWatchIsSmall: of a quiet socket nothing is remembered.
func TestWatchIsSmall(t *testing.T) {
	w := NewWatch()
	d := poller.Delta{}
	d.Seq, d.At = 1, time.Unix(1e9, 0)
	for i := range 1000 {
		c := crowds[0].row(i + 1)
		d.Opened = append(d.Opened, &c)
	}
	w.Apply(&d)
	n := len(w.closing.of) + len(w.dialling.calls) + len(w.tuples.count) + len(w.tuples.apart) + len(w.doors.open) + len(w.queues.unread) + len(w.queues.unsent) + len(w.losses.repeats)
	if n != 0 {
		t.Errorf("%d things are remembered of 1000 quiet sockets", n)
	}
}
