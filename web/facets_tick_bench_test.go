package web

import (
	"fmt"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// facetQueries are n views as people share them: few filters, in many orders.
func facetQueries(tb testing.TB, filters ...string) []query.Query {
	tb.Helper()
	var all []query.Query
	for _, text := range filters {
		q, _, err := query.FromURL(text)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, q)
	}
	return all
}

// BenchmarkFacetsTick shows what the facets alone cost at a poll of 100,000 sockets of which one in a hundred comes,
// goes or changes: the counts of all views, and the messages. It is the processor's time, without the poll and without the
// rows.
func BenchmarkFacetsTick(b *testing.B) {
	many := func(format string, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(format, i+1))
		}
		return all
	}
	for _, one := range []struct {
		name    string
		filters []string
	}{
		{"all", []string{""}},
		{"one filter", []string{"state=ESTABLISHED"}},
		{"one filter, 50 orders", orders50("state=ESTABLISHED")},
		{"50 filters", many("proc=worker-%d", 50)},
		{"timed", []string{"is=new"}},
		{"timed and chosen", []string{"age=%3E10m&state=ESTABLISHED"}},
	} {
		b.Run(one.name, func(b *testing.B) { benchmarkFacetsTick(b, facetQueries(b, one.filters...)) })
	}
}

// orders50 are fifty views of a filter that differ in their columns and orders.
func orders50(filter string) (all []string) {
	columns := query.Columns()
	for i := range 50 {
		order := columns[i%len(columns)].Name
		if i >= len(columns) {
			order = "-" + order
		}
		all = append(all, filter+"&sort="+order)
	}
	return all
}

func benchmarkFacetsTick(b *testing.B, views []query.Query) {
	c := newThrong()
	now := time.Unix(1_000_000, 0)
	rowOf := func(s poller.Socket) *poller.Connection {
		if s.PID == 0 {
			return &poller.Connection{Socket: s, User: "user", FirstSeen: now}
		}
		return &poller.Connection{
			Socket: s, Direction: poller.Outbound, User: "user", FirstSeen: now,
			Owner: &poller.Process{PID: s.PID, Name: fmt.Sprintf("worker-%d", s.PID)},
		}
	}
	d := &poller.Delta{Status: poller.Status{Seq: 1, At: now}}
	for _, s := range c.sockets {
		d.Opened = append(d.Opened, rowOf(s))
	}
	rows := d.Opened
	s := newShelf()
	s.book = newFactBook()
	for _, q := range views {
		s.views[q.Identity()] = &view{query: q, facets: s.book.open(q, s.roster, &d.Status), rests: rests(q), facetViewers: 1}
	}
	tick := func() {
		s.roster.begin(d)
		s.countFacets(d)
		for _, v := range s.views {
			v.tellFacets(d.At)
		}
		s.roster.end()
	}
	tick()
	best := time.Duration(1 << 62)
	for b.Loop() {
		b.StopTimer()
		now = now.Add(time.Second)
		d = &poller.Delta{Status: poller.Status{Seq: d.Seq + 1, At: now}}
		for range throngChurn / 2 {
			i := c.rand.IntN(len(rows))
			d.Closed = append(d.Closed, rows[i])
			rows[i] = rowOf(c.socket())
			d.Opened = append(d.Opened, rows[i])
			for range 2 {
				d.Changed = append(d.Changed, rows[c.rand.IntN(len(rows))])
			}
		}
		b.StartTimer()
		start := time.Now()
		tick()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Nanoseconds()), "ns/best") // what it costs where nothing else runs
}
