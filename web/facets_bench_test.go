package web

import (
	"fmt"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// BenchmarkFacets shows the cost of a tick by the number of different views whose facets are shown; see
// [BenchmarkViews] for the same without facets.
func BenchmarkFacets(b *testing.B) {
	for _, views := range []int{1, 10, 50} {
		b.Run(fmt.Sprint(views), func(b *testing.B) { benchmarkTick(b, throngViews(b, views), 1, true) })
	}
}

// BenchmarkFacetsOpen shows what the first look at the facets of a view costs: all rows are counted.
func BenchmarkFacetsOpen(b *testing.B) {
	s, t := newShelf(), newThrong()
	d := &poller.Delta{Status: poller.Status{Seq: 1, At: time.Unix(1, 0)}}
	for _, socket := range t.sockets {
		d.Opened = append(d.Opened, &poller.Connection{Socket: socket, Direction: poller.Outbound, User: "user"})
	}
	s.views[""] = &view{series: &series{}, all: true}
	for b.Loop() {
		s.roster.begin(d)
		s.roster.end()
		book := newFactBook()
		for n, c := range s.roster.rows {
			book.enter(int32(n), c)
		}
		book.open(query.Query{}, s.roster, &d.Status)
	}
}

// TestFacetsAllocateNothing: counting a delta's rows costs no memory once the numbers are known.
func TestFacetsAllocateNothing(t *testing.T) {
	r, book := newRoster(), newFactBook()
	a := &poller.Connection{Socket: tcp(1, poller.StateListen, "0.0.0.0:80", nowhere, 0), User: "root"}
	b := &poller.Connection{Socket: tcp(2, poller.StateEstablished, "192.0.2.7:80", "198.51.100.9:50000", 0), User: "root"}
	for _, c := range []*poller.Connection{a, b} {
		book.enter(r.number(c), c)
	}
	q, err := query.Parse("port:80 or proc:x")
	if err != nil {
		t.Fatal(err)
	}
	s := book.open(q, r, &poller.Status{})
	d := &poller.Delta{Changed: []*poller.Connection{a, b}}
	if n := testing.AllocsPerRun(100, func() {
		a.State, d.Seq = poller.StateListen+poller.StateClosed-a.State, d.Seq+1
		r.begin(d)
		book.apply(r, d)
		r.end()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if s.changed() != book.turn {
		t.Error("nothing was counted")
	}
}
