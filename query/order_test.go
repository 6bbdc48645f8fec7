package query

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// addrPort reads an end that is known to be right.
func addrPort(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// sorted returns the IDs of connections in the order of a query.
func sorted(q Query, connections []*poller.Connection) []poller.ID {
	connections = slices.Clone(connections)
	slices.SortFunc(connections, q.Compare)
	var ids []poller.ID
	for _, c := range connections {
		ids = append(ids, c.ID)
	}
	return ids
}

// fromURL reads a URL that is known to be right.
func fromURL(t *testing.T, raw string) Query {
	t.Helper()
	q, _, err := FromURL(raw)
	if err != nil {
		t.Fatalf("FromURL(%q): %v", raw, err)
	}
	return q
}

// TestCompareColumns sorts three rows by each column: in row 1 the value is small, in row 2 large, in row 3 unknown,
// or the same as in row 1 where it cannot be unknown.
func TestCompareColumns(t *testing.T) {
	const everything = poller.Known(0xffff)
	small := &poller.Connection{
		Socket: poller.Socket{ID: 1, Protocol: poller.TCP, State: poller.StateListen, Known: everything,
			Local: addrPort("10.0.0.1:9"), Remote: addrPort("10.0.0.9:80")},
		Direction: poller.Inbound, Owner: &poller.Process{PID: 9, Name: "Alpha"}, User: "a", Opened: time.Unix(5, 0),
		FirstSeen: time.Unix(5, 0), Peer: 1,
	}
	large := &poller.Connection{
		Socket: poller.Socket{ID: 2, Protocol: poller.UDP, State: poller.StateNone, Known: everything,
			Local: addrPort("10.0.0.1:10"), Remote: addrPort("10.0.0.10:8"), ReceiveQueue: 1, SendQueue: 1,
			BytesReceived: 1, BytesSent: 1, RTT: 1, Retransmits: 1, Drops: 1, Family: poller.IPv6, UID: 1},
		Direction: poller.Loopback, Owner: &poller.Process{PID: 10, Name: "beta"}, User: "B", Opened: time.Unix(4, 0),
		FirstSeen: time.Unix(6, 0), Peer: 2,
		ReceiveRate: 1, SendRate: 1,
	}
	unknown := &poller.Connection{Socket: poller.Socket{ID: 3, Protocol: poller.TCP, Local: addrPort("10.0.0.1:9"),
		BytesReceived: 7, BytesSent: 7, RTT: 7, Retransmits: 7, ReceiveQueue: 7, SendQueue: 7}, ReceiveRate: 7, SendRate: 7}
	rows := []*poller.Connection{unknown, large, small}
	for _, c := range Columns() {
		up, down := []poller.ID{1, 2, 3}, []poller.ID{2, 1, 3}
		switch c.Name {
		case "proto", "local", "fam", "port": // never unknown; the third is as the first
			up = []poller.ID{1, 3, 2}
		case "rport":
			up, down = []poller.ID{2, 1, 3}, []poller.ID{1, 2, 3}
		case "opened": // the one that is older was opened earlier
			up, down = []poller.ID{2, 1, 3}, []poller.ID{1, 2, 3}
		case "id":
			down = []poller.ID{3, 2, 1}
		}
		if got := sorted(fromURL(t, "sort="+c.Name), rows); !slices.Equal(got, up) {
			t.Errorf("sort=%s: %v, want %v", c.Name, got, up)
		}
		if got := sorted(fromURL(t, "sort=-"+c.Name), rows); !slices.Equal(got, down) {
			t.Errorf("sort=-%s: %v, want %v", c.Name, got, down)
		}
	}
}

func TestCompareDefault(t *testing.T) {
	row := func(id poller.ID, name, local string) *poller.Connection {
		c := &poller.Connection{Socket: poller.Socket{ID: id, Local: addrPort(local)}}
		if name != "" {
			c.Owner = &poller.Process{Name: name}
		}
		return c
	}
	rows := []*poller.Connection{
		row(1, "", "0.0.0.0:1"), row(2, "zsh", "0.0.0.0:1"), row(3, "Xorg", "0.0.0.0:443"), row(4, "Xorg", "9.0.0.0:80"),
		row(6, "abc", "0.0.0.0:2"), row(5, "abc", "1.0.0.0:2"), row(7, "", "0.0.0.0:0"), row(8, "ABC", "0.0.0.0:3"),
	}
	if diff := cmp.Diff([]poller.ID{8, 5, 6, 4, 3, 2, 7, 1}, sorted(Query{}, rows)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCompareSecondColumn(t *testing.T) {
	row := func(id poller.ID, rx, tx uint64) *poller.Connection {
		return &poller.Connection{Socket: poller.Socket{ID: id, Known: poller.KnownBytes, BytesReceived: rx, BytesSent: tx}}
	}
	rows := []*poller.Connection{row(4, 1, 1), row(3, 1, 1), row(2, 1, 2), row(1, 2, 9)}
	if diff := cmp.Diff([]poller.ID{2, 3, 4, 1}, sorted(fromURL(t, "sort=rx,-tx"), rows)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestCompareIsTotal holds that Compare is an order: antisymmetric, transitive, and 0 for equal IDs only.
func TestCompareIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t)
		a, b, c := anyConnection(t), anyConnection(t), anyConnection(t)
		ab, ba := q.Compare(a, b), q.Compare(b, a)
		if ab > 0 != (ba < 0) || (ab == 0) != (ba == 0) {
			t.Fatalf("%q: a to b is %d, b to a %d", q.Encode(), ab, ba)
		}
		if ab == 0 && a.ID != b.ID || q.Compare(a, a) != 0 {
			t.Fatalf("%q: a tie of %v and %v", q.Encode(), a.ID, b.ID)
		}
		if ab <= 0 && q.Compare(b, c) <= 0 && q.Compare(a, c) > 0 {
			t.Fatalf("%q: a, b, c go round", q.Encode())
		}
	})
}

// TestCompareAge has times with and without a monotonic reading.
func TestCompareAge(t *testing.T) {
	now := time.Now()
	older := &poller.Connection{Socket: poller.Socket{ID: 1}, FirstSeen: now.Add(-time.Second).Round(0)}
	newer := &poller.Connection{Socket: poller.Socket{ID: 2, Known: poller.KnownOpened}, FirstSeen: now.Add(-time.Hour), Opened: now}
	if q := fromURL(t, "sort=-age"); q.Compare(older, newer) >= 0 {
		t.Error("the older one is not first")
	}
}

func TestSortBy(t *testing.T) {
	for start, clicks := range map[string][]struct{ column, want string }{
		"port=1":                {{"rx", "port=1&sort=-rx"}, {"rx", "port=1&sort=rx"}, {"rx", "port=1"}, {"rx", "port=1&sort=-rx"}},
		"":                      {{"proc", "sort=proc"}, {"proc", "sort=-proc"}, {"proc", ""}, {"age", "sort=-age"}, {"pid", "sort=pid"}},
		"sort=-rxrate,proc":     {{"proc", "sort=proc"}},
		"sort=-rxrate,-proc":    {{"rxrate", "sort=rxrate"}},
		"sort=rxrate,proc":      {{"rxrate", ""}},
		"sort=-proc":            {{"nonsense", "sort=-proc"}, {"bytes_sent", "sort=-tx"}, {"tx", "sort=tx"}},
		"sort=local&state=NONE": {{"local", "state=NONE&sort=-local"}, {"local", "state=NONE"}},
	} {
		q := fromURL(t, start)
		for _, click := range clicks {
			next := q.SortBy(click.column)
			if next.Encode() != click.want {
				t.Errorf("%q after a click on %s is %q, want %q", q.Encode(), click.column, next.Encode(), click.want)
			}
			q = next
		}
	}
}

func TestOrder(t *testing.T) {
	want := []Order{{"rxrate", true}, {"proc", false}}
	if diff := cmp.Diff(want, fromURL(t, "sort=-rxrate,proc").Order()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCompareAllocatesNothing(t *testing.T) {
	a, b := benchConnection(), benchConnection()
	for _, raw := range []string{"", "sort=proc,user,local,age,rx"} {
		q := fromURL(t, raw)
		if n := testing.AllocsPerRun(20, func() { q.Compare(a, b) }); n != 0 {
			t.Errorf("%q: %v allocations", raw, n)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	one, other := benchConnection(), benchConnection()
	b.ReportAllocs()
	for b.Loop() {
		Query{}.Compare(one, other)
	}
}
