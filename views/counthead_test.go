package views

import (
	"testing"

	"golang.org/x/net/html"
)

// TestCountHead: where connections are grouped, the first heading sorts by how many they are, and says how it is sorted.
func TestCountHead(t *testing.T) {
	for raw, want := range map[string][3]string{
		"group=process":                 {"/?sort=-count&group=process", "none", ""},
		"group=process&sort=-count":     {"/?sort=count&group=process", "descending", ""},
		"group=user&sort=-rx,count":     {"/?sort=-count&group=user", "none", "▴"},
		"group=user&sort=count&port=22": {"/?port=22&group=user", "ascending", ""},
	} {
		d := dashboard(t, "")
		d.Query = view(t, raw)
		th := find(byID(t, parse(t, DashboardPage(d)), "table"), func(n *html.Node) bool { return attr(n, "data-col") == "mark" && n.Data == "th" })[0]
		link := find(th, func(n *html.Node) bool { return n.Data == "a" })[0]
		if got := [3]string{attr(link, "href"), attr(th, "aria-sort"), attr(link, "data-second")}; got != want || has(link, "hidden") {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	th := find(byID(t, parse(t, DashboardPage(dashboard(t, "", connection()))), "table"), func(n *html.Node) bool { return attr(n, "data-sort") == "count" })[0]
	if link := find(th, func(n *html.Node) bool { return n.Data == "a" })[0]; !has(link, "hidden") {
		t.Error("without groups there is a number to sort by")
	}
}
