package views

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"sockeye/poller"
	"sockeye/query"
)

// view reads the query of a URL.
func view(t *testing.T, raw string) query.Query {
	t.Helper()
	q, _, err := query.FromURL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// columnsOf returns the data-col of the elements of a kind that are not hidden.
func columnsOf(n *html.Node, tag string) (names []string) {
	for _, e := range find(n, func(n *html.Node) bool { return n.Data == tag && !has(n, "hidden") }) {
		names = append(names, attr(e, "data-col"))
	}
	return names
}

// TestChosenColumns: without a script too the table has the columns of the URL, in its order, with its widths.
func TestChosenColumns(t *testing.T) {
	d := dashboard(t, "port:443", connection(), listener())
	d.Query = view(t, "port=443&sort=-rtt,pid&cols=rtt,remote:240,opened,peer")
	doc := parse(t, DashboardPage(d))
	want := []string{"mark", "rtt", "remote", "opened", "peer"}
	for _, row := range find(byID(t, doc, "rows"), func(n *html.Node) bool { return n.Data == "tr" }) {
		if diff := cmp.Diff(want, columnsOf(row, "td")); diff != "" {
			t.Errorf("row: %s", diff)
		}
	}
	if diff := cmp.Diff(want, columnsOf(byID(t, doc, "table"), "th")); diff != "" {
		t.Errorf("head: %s", diff)
	}
	links := find(byID(t, doc, "table"), func(n *html.Node) bool { return n.Data == "link" })
	if len(links) != 1 || attr(links[0], "href") != "/columns.css?cols=rtt,remote:240,opened,peer" {
		t.Errorf("style sheets of the table: %v", links)
	}
	sheet := "@layer components{.tablebox>table{--cols:24px 76px 240px 156px 96px;--least:592px;--lead:5}}\n"
	if got := ColumnSheet(d.Query); got != sheet {
		t.Errorf("style sheet %q, want %q", got, sheet)
	}
	page := render(t, DashboardPage(d))
	for _, keeps := range []string{
		`<input name="cols" type="hidden" value="rtt,remote:240,opened,peer" data-look>`,
		`href="/?state=LISTEN&amp;cols=rtt,remote:240,opened,peer"`,
		`id="clear" href="/?cols=rtt,remote:240,opened,peer"`,
		`href="/?sort=-rtt,pid&amp;cols=rtt,remote:240,opened,peer" data-view aria-label="Remove port:443"`,
		`href="/?port=443&amp;sort=-rtt,pid&amp;cols=rtt,remote:240,opened,peer&amp;n=1" data-view="look"`,
	} {
		if !strings.Contains(page, keeps) {
			t.Errorf("the page loses the columns: no %s", keeps)
		}
	}
	if strings.Contains(render(t, DashboardPage(dashboard(t, "", connection()))), "columns.css") {
		t.Error("a style sheet for the usual columns")
	}
}

// TestSecondKey: the header shows both keys of an order, and leads to them by a click with Shift.
func TestSecondKey(t *testing.T) {
	d := dashboard(t, "", connection())
	d.Query = view(t, "sort=-rxrate,port")
	heads := map[string]*html.Node{}
	for _, th := range find(byID(t, parse(t, DashboardPage(d)), "table"), func(n *html.Node) bool { return n.Data == "th" }) {
		heads[attr(th, "data-col")] = th
	}
	sorted := 0
	for name, th := range heads {
		if s := attr(th, "aria-sort"); s != "none" && s != "" {
			sorted++
		}
		if name == "mark" {
			continue
		}
		link := find(th, func(n *html.Node) bool { return n.Data == "a" })[0]
		if got, want := attr(link, "data-then"), d.Query.ThenBy(name).Encode(); got != want {
			t.Errorf("%s with Shift leads to %q, want %q", name, got, want)
		}
		if got := attr(link, "data-second"); (got == "▴") != (name == "port") {
			t.Errorf("%s is marked as the second key by %q", name, got)
		}
	}
	if sorted != 1 || attr(heads["rxrate"], "aria-sort") != "descending" {
		t.Errorf("%d headers have aria-sort, that of rxrate is %q", sorted, attr(heads["rxrate"], "aria-sort"))
	}
}

// TestNumbersOnly: n=1 leaves the names of services and users out.
func TestNumbersOnly(t *testing.T) {
	c := connection()
	c.UID = 33
	d := dashboard(t, "", c)
	for raw, want := range map[string][3]string{"": {"https", "www-data", "Numbers"}, "n=1": {"", "33", "Names"}} {
		d.Query = view(t, raw)
		doc := parse(t, DashboardPage(d))
		row := cells(byID(t, doc, "rows").FirstChild)
		got := [3]string{attr(row["local"], "data-service"), content(row["user"]), content(byID(t, doc, "naming"))}
		if got != want {
			t.Errorf("%q: service, user and switch are %q, want %q", raw, got, want)
		}
	}
}

// TestEveryCell: each column of the chooser has a cell for a connection of which everything is known, and a reason for
// one of which nothing is.
func TestEveryCell(t *testing.T) {
	full, bare := connection(), listener()
	full.Peer, full.RTT, full.Retransmits, full.Drops = 0xabc, 18_250, 3, 4
	full.Known |= poller.KnownDrops
	bare.FirstSeen = noon
	d := dashboard(t, "", full, bare)
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	d.Query = view(t, "cols="+strings.Join(names, ","))
	rows := find(byID(t, parse(t, DashboardPage(d)), "rows"), func(n *html.Node) bool { return n.Data == "tr" })
	known, unknown := cells(rows[0]), cells(rows[1])
	for name, want := range map[string]string{
		"rtt": "18.3 ms", "retr": "3", "drops": "4", "dir": "inbound", "fam": "ipv4", "port": "443", "rport": "51844", "uid": "0",
		"opened": "2026-11-22 11:55:48", "seen": "2026-11-22 11:55:48", "id": "beef", "peer": "abc",
	} {
		if got := content(known[name]); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range names {
		if name == "spark" {
			continue // a line, which the script draws
		}
		if text := content(known[name]); text == "" || text == Dash {
			t.Errorf("%s is %q though everything is known", name, text)
		}
		td := unknown[name]
		if name == "pid" {
			td = td.FirstChild // its link
		}
		if content(td) == Dash && attr(td, "title") == "" {
			t.Errorf("%s is unknown without a reason", name)
		}
	}
}
