package views

import (
	"bytes"
	"context"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"sockeye/poller"
	"sockeye/query"
	"sockeye/static"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is the moment of all fixtures.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// hostile are names that a process or a user can have.
var hostile = []string{
	"<img src=x onerror=alert(1)>",
	`"><svg onload=alert(1)>`,
	"</script><script>alert(1)</script>",
	"a b) S 1\nc",
	"\xff\xfe\x80",
	"evil\u202Egpj.exe",
	"{{7*7}} ${7*7} javascript:alert(1)",
	"\x1b[31mred\x00",
	strings.Repeat("long ", 60),
}

// connection is an established connection with everything known.
func connection() poller.Connection {
	return poller.Connection{
		Socket: poller.Socket{
			ID: 0xbeef, Protocol: poller.TCP, Family: poller.IPv4, State: poller.StateEstablished,
			Known: poller.KnownUID | poller.KnownQueues | poller.KnownBytes | poller.KnownRTT |
				poller.KnownRetransmits | poller.KnownRates | poller.KnownOpened,
			Local:        netip.MustParseAddrPort("10.0.0.5:443"),
			Remote:       netip.MustParseAddrPort("203.0.113.9:51844"),
			ReceiveQueue: 1204, BytesReceived: 12345, BytesSent: 6_000_000,
		},
		Direction: poller.Inbound,
		Owner:     &poller.Process{PID: 812, Start: 7, Name: "nginx"},
		User:      "www-data",
		FirstSeen: noon.Add(-252 * time.Second), Opened: noon.Add(-252 * time.Second),
		ReceiveRate: 1536.25,
	}
}

// listener is an IPv6 listener of which little is known.
func listener() poller.Connection {
	return poller.Connection{
		Socket: poller.Socket{
			ID: 0xcafe, Protocol: poller.TCP, Family: poller.IPv6, State: poller.StateListen,
			Local:  netip.MustParseAddrPort("[::]:22"),
			Remote: netip.MustParseAddrPort("[::]:0"),
		},
		Direction: poller.Listening,
		OwnerNote: poller.OwnerForbidden,
		FirstSeen: noon.Add(-3 * time.Minute),
	}
}

// serviceName names the ports of the fixtures.
func serviceName(port uint16, _ string) string {
	return map[uint16]string{22: "ssh", 443: "https"}[port]
}

// dashboard is a page with the rows, in the view of a box.
func dashboard(t *testing.T, box string, rows ...poller.Connection) Dashboard {
	t.Helper()
	q, err := query.Parse(box)
	if err != nil {
		t.Fatal(err)
	}
	var counts poller.Counts
	for i := range rows {
		counts[rows[i].State]++
	}
	return Dashboard{
		Page: Page{
			Host: "host-7", Build: "b", Now: noon, Active: NavConnections,
			Status: poller.Status{Seq: 9, At: noon, Source: "netlink", Complete: true, Counts: counts},
		},
		Query: q, Box: q.String(), Rows: rows, Limit: 200, Total: 10, Matched: len(rows),
		History: []poller.Sample{{At: noon.Add(-time.Minute), Counts: counts}, {At: noon, Counts: counts}},
		Service: serviceName,
	}
}

// render returns a component as text.
func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// parse returns the document a component makes, as a browser reads it.
func parse(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// find returns all elements that match, in the order of the document.
func find(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var all []*html.Node
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && match(c) {
			all = append(all, c)
		}
	}
	return all
}

// byID returns the element with an id, and fails without one.
func byID(t *testing.T, doc *html.Node, id string) *html.Node {
	t.Helper()
	found := find(doc, func(n *html.Node) bool { return attr(n, "id") == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %q", len(found), id)
	}
	return found[0]
}

// attr returns an attribute's value, "" where it is missing.
func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// has reports whether an element has an attribute, with or without a value.
func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// content returns an element's text.
func content(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// cells returns the cells of a row by their column.
func cells(row *html.Node) map[string]*html.Node {
	all := make(map[string]*html.Node)
	for _, td := range find(row, func(n *html.Node) bool { return n.Data == "td" }) {
		all[attr(td, "data-col")] = td
	}
	return all
}

// golden compares a text with testdata/NAME, one tag to a line.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, static.Build(), "BUILD")
	got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}
