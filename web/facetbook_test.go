package web

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// facetedQueries are those for which it matters on what a count depends.
var facetedQueries = []string{
	"", "rx=1", "state=ESTABLISHED&rx=%3E0", "-rq=1&proc=a", "svc=https&user=u", "rport=443&-dir=loopback", "lport=22,443",
	"is=stuck", "age=%3E5s&proc=a", "proc=a&sort=-rx", "q=proc:a+or+rx:1", "q=-(state:LISTEN+or+is:new)", "rip=198.51.100.0/24", "q=b",
}

// alter changes one thing of a row, as polls find it.
func alter(t *rapid.T, c *poller.Connection) {
	end := func() netip.AddrPort {
		return netip.MustParseAddrPort(rapid.SampledFrom([]string{"127.0.0.1:443", "198.51.100.9:22", "10.0.0.2:50000"}).Draw(t, "end"))
	}
	switch rapid.IntRange(0, 8).Draw(t, "what") {
	case 0:
		c.State = rapid.SampledFrom(poller.States()).Draw(t, "state")
	case 1, 2:
		c.BytesReceived = rapid.Uint64Range(0, 2).Draw(t, "received")
	case 3:
		c.ReceiveQueue = rapid.Uint32Range(0, 2).Draw(t, "queue")
	case 4:
		c.Owner = nil
		if name := rapid.SampledFrom([]string{"", "a", "ab", "B"}).Draw(t, "name"); name != "" {
			c.Owner = &poller.Process{PID: 7, Name: name}
		}
	case 5:
		c.User = rapid.SampledFrom([]string{"", "u", "v"}).Draw(t, "user")
	case 6:
		c.Local = end()
	case 7:
		c.Remote = end()
	case 8:
		c.Direction = poller.Direction(rapid.IntRange(0, int(poller.NumDirections)-1).Draw(t, "direction"))
	}
}

// TestBookFollowsDeltas: counts that are kept up to date from random deltas are those of a book that counts everything anew.
func TestBookFollowsDeltas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, book := newRoster(), newFactBook()
		status := poller.Status{At: time.Unix(1000, 0)}
		sets := map[string]*facetSet{}
		var rows []*poller.Connection
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			status.At = status.At.Add(time.Duration(rapid.IntRange(-500, 9000).Draw(t, "later")) * time.Millisecond)
			status.Seq++
			text := rapid.SampledFrom(facetedQueries).Draw(t, "query")
			if s := sets[text]; s != nil {
				book.shut(s)
				delete(sets, text)
			} else {
				sets[text] = book.open(drawFrom(t, []string{text}), r, &status)
			}
			d := &poller.Delta{Status: status}
			for _, c := range slices.Clone(rows) {
				switch rapid.IntRange(0, 5).Draw(t, "happens") {
				case 0, 1:
					alter(t, c)
					d.Changed = append(d.Changed, c)
				case 2:
					d.Closed = append(d.Closed, c)
					rows = slices.DeleteFunc(rows, func(o *poller.Connection) bool { return o == c })
				}
			}
			for i := range rapid.IntRange(0, 3).Draw(t, "opened") {
				c := row(100*step + i + 1)
				c.FirstSeen = status.At.Add(-time.Duration(rapid.IntRange(0, 7000).Draw(t, "age")) * time.Millisecond)
				if rapid.Bool().Draw(t, "seen to open") {
					c.Opened, c.Known = c.FirstSeen, c.Known|poller.KnownOpened
				}
				alter(t, c)
				rows, d.Opened = append(rows, c), append(d.Opened, c)
			}
			if d.ClockSet = rapid.IntRange(0, 5).Draw(t, "clock set") == 0; d.ClockSet {
				for _, c := range rows {
					c.FirstSeen, c.Opened = c.FirstSeen.Add(-3*time.Second), c.Opened.Add(-3*time.Second)
				}
			}
			r.begin(d)
			book.apply(r, d)
			r.end()
			checkCounts(t, sets, rows, &status)
		}
	})
}

// checkCounts compares every value of every set, shown or not, with a fresh count.
func checkCounts(t *rapid.T, sets map[string]*facetSet, rows []*poller.Connection, status *poller.Status) {
	for text, s := range sets {
		r, fresh := newRoster(), newFactBook()
		for _, c := range rows {
			fresh.enter(r.number(c), c)
		}
		want := allCounts(fresh.open(drawFrom(t, []string{text}), r, status))
		if diff := cmp.Diff(want, allCounts(s)); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// allCounts are those of all facets by their names.
func allCounts(s *facetSet) map[string]int32 {
	all := map[string]int32{}
	for _, f := range s.facets {
		for n, count := range f.counts() {
			if count != 0 {
				all[fmt.Sprintf("%s %s %t", f.key, s.name(f, int32(n)), n == 0)] += count
			}
		}
	}
	return all
}
