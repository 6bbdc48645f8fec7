package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/query"
	"sockeye/static"
)

// inert fails where a document has anything that the content security policy would stop or that leads elsewhere.
func inert(t *testing.T, doc *html.Node) {
	t.Helper()
	for _, n := range find(doc, func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || strings.HasPrefix(a.Val, "#")
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			case slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) && !local:
				t.Errorf("<%s> leads elsewhere: %s=%q", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "script":
			if !strings.HasPrefix(attr(n, "src"), static.Prefix) || n.FirstChild != nil {
				t.Errorf("a script is not a file of ours: %v", n.Attr)
			}
		case "style", "img", "iframe", "object", "base":
			t.Errorf("the page has a <%s>", n.Data)
		}
	}
}

// pages are all pages, in their most crowded form.
func pages(t *testing.T) map[string]*html.Node {
	d := dashboard(t, `state:established port:443 -proc:"a b"`, connection(), listener())
	d.Problem, d.Status.Stale, d.Status.Notes = "p", "s", []string{"n"}
	p := answer(occupancy.Held, func(p *PortAnswer, a *occupancy.Answer) {
		p.Page, p.Notice, p.Near = d.Page, "n", []uint16{444}
		a.Listeners, a.Bound, a.BoundTotal, a.ClientTotal, a.Elsewhere = d.Rows[1:], d.Rows[:1], 3, 1, 1
		a.Clients = []occupancy.Client{{Addr: d.Rows[0].Remote.Addr(), Connections: 1}}
	})
	list := occupancy.Conflict{Port: 443, Relation: occupancy.Split, Rows: d.Rows}
	return map[string]*html.Node{
		"dashboard": parse(t, DashboardPage(d)),
		"empty":     parse(t, DashboardPage(dashboard(t, "port:9999"))),
		"port":      parse(t, PortPage(p)),
		"ports":     parse(t, PortPage(PortAnswer{Page: d.Page})),
		"doors":     parse(t, DoorList(doors())),
		"spans":     parse(t, SpanTable(SpanPage{Page: d.Page, Stretches: []occupancy.Stretch{{Answers: p.Answers}}})),
		"conflicts": parse(t, ConflictList(ConflictPage{Page: d.Page, Conflicts: []occupancy.Conflict{list}})),
		"failure":   parse(t, FailurePage(Failure{Page: d.Page, Status: 404, Title: "t", Advice: "a"})),
	}
}

func TestPagesAreInert(t *testing.T) {
	for name, doc := range pages(t) {
		t.Run(name, func(t *testing.T) { inert(t, doc) })
	}
}

// TestPagesAreWhole: language, title, one main part, unique ids, and a name for every control.
func TestPagesAreWhole(t *testing.T) {
	for name, doc := range pages(t) {
		t.Run(name, func(t *testing.T) {
			seen := make(map[string]bool)
			for _, n := range find(doc, func(n *html.Node) bool { return has(n, "id") }) {
				if id := attr(n, "id"); seen[id] {
					t.Errorf("two elements have the id %q", id)
				} else {
					seen[id] = true
				}
			}
			for _, tag := range []string{"title", "main", "header"} {
				if n := find(doc, func(n *html.Node) bool { return n.Data == tag }); len(n) != 1 {
					t.Errorf("%d <%s>", len(n), tag)
				}
			}
			for _, n := range find(doc, func(n *html.Node) bool { return n.Data == "input" && attr(n, "type") != "hidden" }) {
				if attr(n, "aria-label") == "" && attr(n, "id") == "" {
					t.Errorf("an input has no name: %v", n.Attr)
				}
			}
			if root := find(doc, func(n *html.Node) bool { return n.Data == "html" })[0]; attr(root, "lang") != "en" {
				t.Error("the page has no language")
			}
		})
	}
}

// TestContract: what tests, the script and other programs look for.
func TestContract(t *testing.T) {
	d := dashboard(t, "state:established", connection())
	d.Offset = 40
	doc := parse(t, DashboardPage(d))
	body := find(doc, func(n *html.Node) bool { return n.Data == "body" })[0]
	for name, want := range map[string]string{
		"data-state": "static", "data-build": "b", "data-seq": "9", "data-encode": "state=ESTABLISHED",
		"data-offset": "40", "data-matched": "1",
	} {
		if got := attr(body, name); got != want {
			t.Errorf("body has %s=%q, want %q", name, got, want)
		}
	}
	for _, id := range []string{
		"filter", "lookup", "pause", "theme", "matched", "total", "states", "chart", "rows", "empty", "banner", "alarm",
		"retry", "announce", "pulse", "notes", "chips", "problem", "status", "table", "lead", "next", "clear", "ask",
		"charts", "chart-bytes", "chart-sockets", "live", "when", "numbers", "shortcuts", "keyswitch", "palette",
		"palette-list", "option", "way", "printed", "row", "chip",
	} {
		byID(t, doc, id)
	}
	for _, form := range []struct{ id, action string }{{"filter", "/"}, {"lookup", "/ports"}} {
		n := byID(t, doc, form.id)
		q := find(n, func(n *html.Node) bool { return attr(n, "name") == "q" })
		if attr(n, "action") != form.action || attr(n, "method") != "get" || len(q) != 1 {
			t.Errorf("form %s: %v", form.id, n.Attr)
		}
	}
}

// TestRowTemplate: the row that the script clones has the cells of the server's rows, and those of the header.
func TestRowTemplate(t *testing.T) {
	doc := parse(t, DashboardPage(dashboard(t, "", connection())))
	names := func(n *html.Node, tag string) (all []string) {
		for _, c := range find(n, func(n *html.Node) bool { return n.Data == tag }) {
			all = append(all, attr(c, "data-col"))
		}
		return all
	}
	usual := strings.Fields("mark proto state local remote proc pid user age rx tx rxrate txrate rq sq")
	all := append(slices.Clone(usual), strings.Fields("rtt retr dir fam port rport uid opened seen id peer drops spark")...)
	for name, got := range map[string][]string{
		"template": names(byID(t, doc, "row"), "td"),
		"rows":     names(byID(t, doc, "rows"), "td"),
		"head":     names(byID(t, doc, "table"), "th"),
		"chooser":  append([]string{"mark"}, names(byID(t, doc, "chooser"), "li")...),
	} {
		want := all
		if name == "rows" {
			want = usual
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestColumnsCanBeSorted: every column of the page is one of the language, and the other way round.
func TestColumnsCanBeSorted(t *testing.T) {
	var ours, theirs []string
	for _, c := range columns {
		ours = append(ours, c.Name)
	}
	for _, c := range query.Columns() {
		theirs = append(theirs, c.Name)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("columns of the page, (-those of the language +those of the page):\n%s", diff)
	}
}

func TestHeaderLinks(t *testing.T) {
	d := dashboard(t, "port:443", connection())
	d.Query = d.Query.SortBy("pid")
	doc := parse(t, DashboardPage(d))
	for _, th := range find(byID(t, doc, "table"), func(n *html.Node) bool { return n.Data == "th" }) {
		want := "none"
		if attr(th, "data-col") == "pid" {
			want = sorting(d.Query, "pid")
		}
		if got := attr(th, "aria-sort"); has(th, "aria-sort") && got != want {
			t.Errorf("%s: aria-sort %q, want %q", attr(th, "data-col"), got, want)
		}
		if attr(th, "data-col") == "user" && attr(th.FirstChild, "href") != "/?port=443&sort=user" {
			t.Errorf("user leads to %q", attr(th.FirstChild, "href"))
		}
	}
	hidden := find(byID(t, doc, "filter"), func(n *html.Node) bool { return attr(n, "name") == "sort" })[0]
	if attr(hidden, "value") != d.sort() || d.sort() == "" || has(hidden, "disabled") {
		t.Errorf("the form keeps the order as %v", hidden.Attr)
	}
}

func TestChips(t *testing.T) {
	doc := parse(t, DashboardPage(dashboard(t, "state:established -port:443 nginx", connection())))
	var got []string
	for _, li := range find(byID(t, doc, "chips"), func(n *html.Node) bool { return n.Data == "li" }) {
		link := find(li, func(n *html.Node) bool { return n.Data == "a" })[0]
		got = append(got, content(li)+" "+attr(link, "href"))
	}
	want := []string{
		"state:ESTABLISHED × /?-port=443&q=nginx",
		"-port:443 × /?state=ESTABLISHED&q=nginx",
		"nginx × /?state=ESTABLISHED&-port=443",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPager(t *testing.T) {
	d := dashboard(t, "", slices.Repeat([]poller.Connection{connection()}, 3)...)
	d.Limit, d.Offset, d.Matched = 3, 3, 8
	doc := render(t, DashboardPage(d))
	for _, want := range []string{`<a rel="prev" href="/">← Previous 3</a>`, `<a rel="next" href="/?offset=6">Next 2 →</a>`, "4–6 of 8"} {
		if !strings.Contains(doc, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	d.Query = d.Query.SortBy("pid")
	if got := string(d.page(6)); got != "/?sort=pid&offset=6" {
		t.Errorf("page(6) = %s", got)
	}
}

func TestEmpty(t *testing.T) {
	for _, c := range []struct {
		box       string
		at        time.Time
		lead, ask string
	}{
		{"port:9999 nginx", noon, "No connection matches port:9999 nginx", "9999"},
		{"port:1..5", noon, "No connection matches port:1..5", ""},
		{"", noon, "This machine has no sockets that could be shown.", ""},
		{"", time.Time{}, "The first look at the sockets is not done yet.", ""},
	} {
		d := dashboard(t, c.box)
		d.Status.At = c.at
		doc := parse(t, DashboardPage(d))
		if got := content(byID(t, doc, "lead")); got != c.lead {
			t.Errorf("%q: %q", c.box, got)
		}
		if got := d.askPort(); got != c.ask {
			t.Errorf("%q: asks for port %q, want %q", c.box, got, c.ask)
		}
		if has(byID(t, doc, "empty"), "hidden") || has(byID(t, doc, "ask"), "hidden") != (c.ask == "") {
			t.Errorf("%q: the wrong parts are hidden", c.box)
		}
	}
}

func TestProblemAndStale(t *testing.T) {
	d := dashboard(t, "", connection())
	d.Box, d.Problem, d.Status.Stale = "prot:tcp", `unknown key "prot"`, "The dump was cut off."
	doc := parse(t, DashboardPage(d))
	if n := byID(t, doc, "problem"); content(n) != d.Problem || has(n, "hidden") {
		t.Errorf("problem: %v %q", n.Attr, content(n))
	}
	if n := byID(t, doc, "banner"); !strings.Contains(content(n), d.Status.Stale) || has(n, "hidden") {
		t.Errorf("banner: %v %q", n.Attr, content(n))
	}
	box := find(byID(t, doc, "filter"), func(n *html.Node) bool { return attr(n, "name") == "q" })[0]
	if attr(box, "value") != "prot:tcp" || attr(box, "aria-invalid") != "true" {
		t.Errorf("box: %v", box.Attr)
	}
}

// TestDataLinks: the same view as data.
func TestDataLinks(t *testing.T) {
	doc := parse(t, DashboardPage(dashboard(t, "state:listen", listener())))
	var got []string
	for _, a := range find(doc, func(n *html.Node) bool { return has(n, "data-export") }) {
		got = append(got, attr(a, "href"))
	}
	want := []string{"/connections.csv?state=LISTEN", "/connections.json?state=LISTEN", "/connections.ndjson?state=LISTEN"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheme(t *testing.T) {
	for in, want := range map[string]string{"": "", "dark": "dark", "light": "light", `"><script>`: "", "DARK": ""} {
		d := dashboard(t, "", connection())
		d.Theme = in
		root := find(parse(t, DashboardPage(d)), func(n *html.Node) bool { return n.Data == "html" })[0]
		if got := attr(root, "data-theme"); got != want {
			t.Errorf("theme %q is rendered as %q", in, got)
		}
	}
}

// TestPresets: every view that the page offers can be read, and is in its canonical form.
func TestPresets(t *testing.T) {
	for _, p := range presets {
		if q, _, err := query.FromURL(p.Encode); err != nil || q.Encode() != p.Encode {
			t.Errorf("%s: %q is read as %q, %v", p.Name, p.Encode, q.Encode(), err)
		}
	}
}

func TestDashboardGolden(t *testing.T) {
	golden(t, "dashboard.golden", render(t, DashboardPage(dashboard(t, "port:443", connection(), listener()))))
}
