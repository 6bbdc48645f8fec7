package views

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// TestPeriodLinks: wherever one is, every way leads to a span of time that is kept, and to the same view.
func TestPeriodLinks(t *testing.T) {
	d := dashboard(t, "port:443", connection())
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-1000, 1000)
		d.From, d.To = time.Time{}, time.Time{}
		if rapid.Bool().Draw(t, "fixed") {
			d.From = noon.Add(time.Duration(seconds.Draw(t, "from")) * time.Second)
			d.To = d.From.Add(time.Duration(rapid.Int64Range(1, 900).Draw(t, "span")) * time.Second)
		}
		for _, l := range d.periodLinks() {
			u, err := url.Parse(string(l.Href))
			if err != nil {
				t.Fatal(err)
			}
			from, errFrom := time.Parse(time.RFC3339, u.Query().Get("from"))
			to, errTo := time.Parse(time.RFC3339, u.Query().Get("to"))
			if errFrom != nil || errTo != nil || u.Query().Get("port") != "443" || u.Path != "/" {
				t.Fatalf("%s leads to %s", l.Name, l.Href)
			}
			if !from.Before(to) || to.After(noon) || noon.Sub(from) > poller.HistorySpan+time.Second {
				t.Fatalf("%s leads from %v to %v", l.Name, from, to)
			}
		}
	})
}

// TestPeriodOnPage: the page says which time it shows, leads back to live, and offers its points as data.
func TestPeriodOnPage(t *testing.T) {
	d := dashboard(t, "port:443", connection())
	live := parse(t, DashboardPage(d))
	link := func(doc *html.Node) *html.Node {
		return find(doc, func(n *html.Node) bool { return attr(n, "id") == "live" })[0]
	}
	if !has(link(live), "hidden") {
		t.Error("the live page leads back to live")
	}
	d.From, d.To = noon.Add(-time.Minute), noon
	doc := parse(t, DashboardPage(d))
	if n := link(doc); has(n, "hidden") || attr(n, "href") != "/?port=443" {
		t.Errorf("back to live: %v", n.Attr)
	}
	text := render(t, DashboardPage(d))
	for _, want := range []string{
		"From 11:59:00 UTC to 12:00:00 UTC · the table is live", ">11:59:00 UTC<",
		`href="/history.csv?from=2026-11-22T11:59:00Z&amp;to=2026-11-22T12:00:00Z"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d.History = nil
	if !strings.Contains(render(t, DashboardPage(d)), "Nothing is kept of this time.") {
		t.Error("the page does not say that it has no points")
	}
}

// TestNumbers: the table has what the charts have, and says where nothing is known.
func TestNumbers(t *testing.T) {
	var c poller.Counts
	c[poller.StateListen], c[poller.StateEstablished] = 1204, 2
	flow := poller.Flow{Elapsed: 2 * time.Second, Counted: true, BytesReceived: 3000, Opened: 5}
	d := dashboard(t, "")
	d.History = []poller.Sample{{At: noon.Add(-2 * time.Second), Counts: c}, {At: noon, Counts: c, Flow: flow}}
	table := find(parse(t, numberTable(d.numbers())), func(n *html.Node) bool { return n.Data == "tr" })
	var got []string
	for _, tr := range table {
		got = append(got, strings.Join(strings.Fields(text1(tr)), " "))
	}
	want := []string{
		"Time Sockets LISTEN ESTABLISHED Received Sent Opened Closed",
		"12:00:00 UTC 1,206 1,204 2 1.50 kB/s 0 B/s 2.5/s 0/s",
		"11:59:58 UTC 1,206 1,204 2 – – – –",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
	d.History = make([]poller.Sample, 900)
	if _, rows := d.numbers(); len(rows) > numberRows+1 {
		t.Errorf("%d rows", len(rows))
	}
}

// text1 returns the text of the cells, parted by spaces.
func text1(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(text1(c) + " ")
	}
	return b.String()
}

// TestPrinted: paper says whose connections these are, which, and when, and hides no trick of a name.
func TestPrinted(t *testing.T) {
	d := dashboard(t, "proc:\"evil\u202egpj\"", connection())
	d.From, d.To = noon.Add(-time.Minute), noon
	got := d.printed()
	for _, want := range []string{"host-7", "filter proc:", `\u202e`, "rows 1–1 of 1", "2026-11-22 12:00:00 UTC", "charts from 11:59:00 UTC to 12:00:00 UTC"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
