package e2e

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is a process whose name is an attack on whoever shows it. The kernel keeps 15 bytes of a name; the name of
// the file is longer.
type hostile struct {
	file, comm string
	part       string // what must be seen of it as text, wherever it is shown
}

var hostiles = []hostile{
	{file: "<img src=x onerror=alert(1)>", part: "<img src=x oner"},
	{file: "h1", comm: "<img src=x>", part: "<img src=x>"},
	{file: "h2", comm: `"><svg onload=`, part: `"><svg onload=`},
	{file: "h3", comm: "</script><b>", part: "</script><b>"},
	{file: "h4", comm: "{{7*7}}${7*7}", part: "{{7*7}}${7*7}"},
	{file: "h5", comm: "a b  c", part: "a b"},
	{file: "h6", comm: "evil) S 1 1 (x", part: "evil) S 1 1 (x"},
	{file: "h7", comm: "new\nline", part: "line"},
	{file: "h8", comm: "\xff\xfebytes\xc3", part: "bytes"},
	{file: "h9", comm: "rtl\u202egpj.exe", part: "gpj.exe"},
	{file: "h10", comm: "esc\x1b[31mred", part: "[31mred"},
	{file: "h11", comm: "=cmd|'/C x'!A0", part: "cmd|'/C x'!A0"},
	{file: "h12", comm: "&lt;i&gt;&amp;", part: "&lt;i&gt;&amp;"},
}

// TestHostileNames: names from outside are text and nothing else, on every page and in every format.
//
//attack:j1 real processes in real Chromium, with and without script
func TestHostileNames(t *testing.T) {
	ports := make([]string, len(hostiles))
	for i, h := range hostiles {
		address := newActor(t, h.file, h.comm).tell("listen 127.0.0.1:0")
		ports[i] = address[strings.LastIndex(address, ":")+1:]
	}
	sockeye := start(t)
	view := "state=LISTEN&port=" + strings.Join(ports, ",")
	sockeye.await(view, "all listeners with their processes", func(e export) bool {
		return e.Matched == len(hostiles) && !slices.ContainsFunc(e.Connections, func(c connection) bool { return c.Process == nil })
	})
	t.Run("exports", func(t *testing.T) { checkExports(t, sockeye, view, ports) })

	b := newBrowser(t)
	for _, script := range []bool{true, false} {
		p := b.tab()
		p.setScript(script)
		p.open(sockeye.url + "/?" + view)
		if script {
			p.awaitState("live")
		}
		rows := p.awaitRows("all listeners", func(rows []row) bool { return len(rows) == len(hostiles) })
		for i, h := range hostiles {
			r, ok := find(rows, "LISTEN", "local", ports[i])
			if !ok || !strings.Contains(r.Cells["proc"], h.part) {
				t.Errorf("script %v: process %q of port %s, want %q in it", script, r.Cells["proc"], ports[i], h.part)
			}
		}
		checkOnlyText(t, p, "table")
		for i, h := range hostiles {
			p.open(sockeye.url + "/ports/" + ports[i])
			if text := eval[string](p, "document.body.innerText"); !strings.Contains(text, h.part) {
				t.Errorf("page of port %s does not show %q", ports[i], h.part)
			}
			checkOnlyText(t, p, "port page")
		}
		p.open(sockeye.url + "/?proc=" + url.QueryEscape(hostiles[0].file))
		checkOnlyText(t, p, "filter by name")
		p.check()
	}
}

// checkOnlyText checks that no name became an element or an attribute of the page, and that none holds characters
// that are not seen or that turn the direction of the text.
func checkOnlyText(t *testing.T, p *tab, where string) {
	t.Helper()
	if n := eval[int](p, `document.querySelectorAll("img, svg[onload], b, i, body script:not([src]), [onerror], [onload]").length`); n != 0 {
		t.Errorf("%s: %d elements that are not of the page", where, n)
	}
	// The page's own characters are ordinary; white space between elements is.
	if bad := eval[string](p, `(document.body.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu) ?? []).map(c => c.codePointAt(0).toString(16)).join(" ")`); bad != "" {
		t.Errorf("%s: characters that are not seen: %s", where, bad)
	}
}

// checkExports checks that the data formats stay well-formed and carry the names.
func checkExports(t *testing.T, sockeye *program, view string, ports []string) {
	_, text := sockeye.get("/connections.json?" + view)
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
		t.Error("the JSON export is not valid")
	}
	byPort := map[string]string{}
	for _, c := range sockeye.connections(view).Connections {
		byPort[itoa(c.LocalPort)] = *c.Process
	}
	for i, h := range hostiles {
		if !strings.Contains(byPort[ports[i]], h.part) {
			t.Errorf("JSON: process %q, want %q in it", byPort[ports[i]], h.part)
		}
	}

	_, text = sockeye.get("/connections.ndjson?" + view)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != len(hostiles) {
		t.Errorf("NDJSON: %d lines, want %d", len(lines), len(hostiles))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("NDJSON: line %q", line)
		}
	}

	answer, text := sockeye.get("/connections.csv?" + view)
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("CSV: %s, %s", answer.Status, kind)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) != len(hostiles)+1 {
		t.Fatalf("CSV: %d records, %v", len(records), err)
	}
	column := slices.Index(records[0], "process")
	for _, r := range records[1:] {
		if strings.ContainsAny(r[column][:1], "=+-@\t\r\n") {
			t.Errorf("CSV: the cell %q is a formula to a spreadsheet", r[column])
		}
	}
}

// TestHostileRequests: what is asked for comes back as text as well.
//
//attack:j1
func TestHostileRequests(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("the server responded with a status of 4")
	attack := `"><img src=x onerror=alert(1)>`
	for _, path := range []string{
		"/?q=", "/?proc=", "/?state=", "/?sort=", "/ports?q=", "/connections/", "/no/such/",
	} {
		p.open(sockeye.url + path + url.QueryEscape(attack))
		checkOnlyText(t, p, path)
		if _, body := sockeye.get(path + url.QueryEscape(attack)); strings.Contains(body, attack) && !strings.Contains(body, html.EscapeString(attack)) {
			t.Errorf("%s gives the attack back as it came", path)
		}
	}
}
