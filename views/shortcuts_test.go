package views

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const keysPage = "../docs/keys.md"

// keysMarkdown is the table of docs/keys.md.
func keysMarkdown() string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n|---|---|\n")
	for _, s := range shortcuts {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(s.Keys, "` then `"), s.Help)
	}
	return b.String()
}

// TestKeysPage: docs/keys.md has the keys there are. -update writes them.
func TestKeysPage(t *testing.T) {
	page, err := os.ReadFile(keysPage)
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(page), "| key |")
	end := start + strings.Index(string(page)[max(0, start):]+"\n\n", "\n\n") + 1
	if start < 0 {
		t.Fatal("the page has no table of keys")
	}
	want := string(page)[:start] + keysMarkdown() + string(page)[min(end, len(page)):]
	if *update {
		if err := os.WriteFile(keysPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Errorf("docs/keys.md has other keys than the program; run go test ./views -update\n%s", keysMarkdown())
	}
}

// TestShortcutsAreClear: no two are pressed in the same way, none hides another, and each says what it does.
func TestShortcutsAreClear(t *testing.T) {
	seen, actions := map[string]bool{}, map[string]bool{}
	for _, s := range shortcuts {
		if name := s.name(); seen[name] || name == "" || s.Help == "" || s.Action == "" || actions[s.Action] {
			t.Errorf("%+v", s)
		}
		seen[s.name()], actions[s.Action] = true, true
	}
	for _, s := range shortcuts {
		if len(s.Keys) > 1 && seen[s.Keys[0]] {
			t.Errorf("%s begins with a key that does something by itself", s.name())
		}
	}
	for _, c := range commands {
		if actions[c.Action] || c.Help == "" {
			t.Errorf("%+v", c)
		}
	}
}

// TestScriptKnowsActions: each action of the table that leads nowhere is one of the script.
func TestScriptKnowsActions(t *testing.T) {
	var script string
	for _, name := range []string{"main.js", "keys.js"} {
		text, err := os.ReadFile("../static/js/" + name)
		if err != nil {
			t.Fatal(err)
		}
		script += string(text)
	}
	for _, s := range append(shortcuts[:len(shortcuts):len(shortcuts)], commands...) {
		known := strings.Contains(script, s.Action+": ") || strings.Contains(script, s.Action+"() {") || strings.Contains(script, s.Action+":")
		if s.Href == "" && !known {
			t.Errorf("the script does not know %q", s.Action)
		}
	}
}

// TestSheetHasKeys: the sheet on the page has a row for each key, with what the script needs.
func TestSheetHasKeys(t *testing.T) {
	rows := find(parse(t, shortcutSheet(true)), func(n *html.Node) bool { return n.Data == "tr" && has(n, "data-keys") })
	if len(rows) != len(shortcuts) {
		t.Fatalf("%d rows", len(rows))
	}
	for i, s := range shortcuts {
		if attr(rows[i], "data-keys") != s.name() || attr(rows[i], "data-action") != s.Action || attr(rows[i], "data-href") != s.Href {
			t.Errorf("%v for %+v", rows[i].Attr, s)
		}
	}
	var elsewhere []string
	for _, n := range find(parse(t, shortcutSheet(false)), func(n *html.Node) bool { return has(n, "data-action") }) {
		elsewhere = append(elsewhere, attr(n, "data-action"))
	}
	if got := strings.Join(elsewhere, " "); got != "dashboard ports processes help palette theme" {
		t.Errorf("on other pages: %s", got)
	}
}

// TestSparkline: the cell has the line that the script draws into, and is nothing to those who do not see it.
func TestSparkline(t *testing.T) {
	doc := parse(t, sparkline())
	svg := find(doc, func(n *html.Node) bool { return n.Data == "svg" })
	path := find(doc, func(n *html.Node) bool { return n.Data == "path" })
	if len(svg) != 1 || len(path) != 1 || attr(svg[0], "aria-hidden") != "true" || attr(svg[0], "viewbox")+attr(svg[0], "viewBox") != "0 0 60 20" {
		t.Errorf("%v, %v", svg, path)
	}
	script, err := os.ReadFile("../static/js/spark.js")
	if err != nil || !strings.Contains(string(script), "SPARK_WIDTH = 60") || !strings.Contains(string(script), "SPARK_HEIGHT = 20") {
		t.Errorf("the script draws in another size, %v", err)
	}
}
