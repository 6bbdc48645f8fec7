package views

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sockeye/poller"
	"sockeye/query"
)

// fruit is a group of which everything is known.
func fruit() *Group {
	g := &Group{
		Key: "pear", Label: "pear", Note: "pear.example", Connections: 1204, Oldest: noon.Add(-time.Hour), Exact: true,
		Received: Sum{12345, true}, Sent: Sum{0, true}, ReceiveRate: Sum{1536, true}, ReceiveQueue: Sum{99, true},
	}
	g.States[poller.StateEstablished], g.States[poller.StateTimeWait] = 1200, 4
	return g
}

// grouped is a dashboard of a view with these lines.
func grouped(t *testing.T, rawQuery string, entries ...Entry) Dashboard {
	t.Helper()
	q, _, err := query.FromURL(rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	d := dashboard(t, "")
	d.Query, d.Entries, d.Matched, d.Lines, d.Groups = q, entries, 1204, 1300, 2
	return d
}

// cellsByColumn returns the texts of the cells of a row, by column.
func cellsByColumn(tr *html.Node) map[string]string {
	cells := map[string]string{}
	for _, td := range find(tr, func(n *html.Node) bool { return n.Data == "td" }) {
		cells[attr(td, "data-col")] = strings.Join(strings.Fields(words(td)), " ")
	}
	return cells
}

// words returns the text of a node.
func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(words(c))
	}
	return b.String()
}

// TestGroupRow: what the line of a group says, and where its button leads.
func TestGroupRow(t *testing.T) {
	open := fruit()
	open.Key, open.Open, open.Label = "?", true, ""
	d := grouped(t, "port=443&group=process&open=%3F&sort=-rx", Entry{Group: fruit()}, Entry{Group: open}, Entry{Connection: connection()})
	doc := parse(t, DashboardPage(d))
	rows := find(doc, func(n *html.Node) bool { return n.Data == "tr" && attr(n, "data-id") != "" })
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	want := map[string]string{
		"group": "pear pear.example 1,204 1,2004", "age": "1h 00m", "rx": "12.3 kB", "tx": "0 B",
		"rxrate": "1.54 kB/s", "txrate": Dash, "rq": "99", "sq": Dash,
	}
	for column, got := range cellsByColumn(rows[0]) {
		if got != want[column] {
			t.Errorf("%s: %q, want %q", column, got, want[column])
		}
	}
	for i, link := range []struct{ href, expanded, label string }{
		{"/?port=443&sort=-rx&group=process&open=%3F&open=pear", "false", "pear"},
		{"/?port=443&sort=-rx&group=process", "true", "process not known"},
	} {
		a := find(rows[i], func(n *html.Node) bool { return n.Data == "a" })[0]
		if attr(a, "href") != link.href || attr(a, "aria-expanded") != link.expanded || attr(a, "role") != "button" || words(a) != link.label {
			t.Errorf("button %d: %v %q, want %v", i, a.Attr, words(a), link)
		}
	}
	states := find(rows[0], func(n *html.Node) bool { return n.Data == "span" && has(n, "data-state") })
	if len(states) != 2 || attr(states[1], "aria-label") != "4 TIME_WAIT" || attr(states[1], "data-state") != "TIME_WAIT" {
		t.Errorf("states %v", states)
	}
	for i, id := range []string{"=pear", "=?", "beef"} {
		if attr(rows[i], "data-id") != id || attr(rows[i], "aria-rowindex") != []string{"2", "3", "4"}[i] {
			t.Errorf("row %d: %v", i, rows[i].Attr)
		}
	}
	if table := find(doc, func(n *html.Node) bool { return n.Data == "table" && has(n, "aria-rowcount") })[0]; attr(table, "aria-rowcount") != "1301" {
		t.Errorf("the table has %s rows", attr(table, "aria-rowcount"))
	}
}

// TestGroupsAreNamed: for each grouping there are words for those of whom nothing is known, and a choice in the form.
func TestGroupsAreNamed(t *testing.T) {
	for _, g := range query.Groupings() {
		d := grouped(t, "group="+g.Name+"&pair=1&q=x")
		doc := parse(t, DashboardPage(d))
		chosen := find(doc, func(n *html.Node) bool { return n.Data == "option" && has(n, "selected") })
		if len(chosen) != 1 || attr(chosen[0], "value") != g.Name || attr(chosen[0], "data-none") == "" || nobody[g.Name] == "" {
			t.Errorf("%s: %v", g.Name, chosen)
		}
		for id, on := range map[string]bool{"pair": true, "names": false} {
			if box := find(doc, func(n *html.Node) bool { return attr(n, "id") == id })[0]; has(box, "checked") != on {
				t.Errorf("%s is on: %v", id, !on)
			}
		}
	}
}

// TestFormsKeepTheView: the form of the layout keeps the filter and the order, that of the filter the layout.
func TestFormsKeepTheView(t *testing.T) {
	doc := parse(t, DashboardPage(grouped(t, "port=443&q=a%26b&sort=-rx&group=user&open=a&open=b%3D&pair=1")))
	for id, want := range map[string]string{
		"shape": `port=443 q="a&b" sort=-rx`, "filter": "sort=-rx group=user open=a open=b= pair=1",
	} {
		form := find(doc, func(n *html.Node) bool { return attr(n, "id") == id })[0]
		var got []string
		for _, input := range find(form, func(n *html.Node) bool { return attr(n, "type") == "hidden" }) {
			got = append(got, attr(input, "name")+"="+attr(input, "value"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s keeps %q, want %q", id, got, want)
		}
	}
}

// TestJoinedRow: both processes are named, and the state of the other end where it is another one.
func TestJoinedRow(t *testing.T) {
	peer := connection()
	peer.Owner = &poller.Process{PID: 97, Name: "redis"}
	same := lineOfEntry(&Entry{Connection: connection(), Peer: &peer, Name: "a.example"}, noon, serviceName)
	if same.Process.Peer != "redis" || same.Process.Title != "nginx → redis, PID 97" || same.Remote.Name != "a.example" ||
		!strings.HasSuffix(same.Remote.Title, ":51844 a.example") {
		t.Errorf("%+v, %+v", same.Process, same.Remote)
	}
	peer.State, peer.Owner, peer.OwnerNote = poller.StateCloseWait, nil, poller.OwnerForbidden
	other := lineOfEntry(&Entry{Connection: connection(), Peer: &peer}, noon, serviceName)
	if other.Process.Peer != Dash+" · CLOSE_WAIT" || !strings.Contains(other.Process.Title, "other user's process") {
		t.Errorf("%+v", other.Process)
	}
	listening := listener()
	if l := lineOfEntry(&Entry{Connection: listening, Name: "nobody"}, noon, serviceName); l.Remote.Name != "" {
		t.Errorf("no address, and the name %q", l.Remote.Name)
	}
}

// TestHostileGroups: names of groups, of addresses and of the other end are text wherever they stand.
//
//attack:j1
func TestHostileGroups(t *testing.T) {
	for _, name := range hostile {
		g := fruit()
		g.Key, g.Label, g.Note, g.Addr = name, name, name, netip.MustParseAddr("192.0.2.1")
		peer := connection()
		peer.Owner = &poller.Process{PID: 1, Name: name}
		doc := parse(t, DashboardPage(grouped(t, "group=process", Entry{Group: g}, Entry{Connection: connection(), Peer: &peer, Name: name})))
		inert(t, doc)
		label := find(doc, func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "class"), "fold") })[0]
		if words(label) != Visible(name) {
			t.Errorf("%q is shown as %q", name, words(label))
		}
	}
}
