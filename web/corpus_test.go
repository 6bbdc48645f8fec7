package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"sockeye/poller"
	"sockeye/static"
)

// corpus is hostile and more: what harms a page, a script library's attributes, a terminal, a spreadsheet, or whoever
// sets no limit.
var corpus = append(slices.Clone(hostile),
	`" onmouseover="alert(1)`, `' autofocus onfocus='alert(1)`, `" hx-get="/x" hx-trigger="load`, `" data-hx-on:load="alert(1)`,
	`" x-on:click="alert(1)" @click="alert(1)`, `"style="background:url(//evil.example)`, `</style><style>*{display:none}`,
	`</title><script>alert(1)</script>`, `--><script>alert(1)</script>`, `]]><script>alert(1)</script>`, `<template><b>`, `<base href=//evil.example>`,
	`data:text/html,<script>alert(1)</script>`, `\u003cscript\u003e`, `&lt;script&gt;`, `&#60;script&#62;`, `%3Cscript%3E`, `<%= 7*7 %>`, `{{constructor}}`,
	"\u2066isolate\u2069", "\u200bzero\ufeffwidth", "\u061cmark", "\U000e0041tag", "\u0085next", "\x9b31m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\b\b\bback",
	"\xff\xfe", "cut\xe2\x82", "\xed\xa0\x80surrogate", "\xc0\xafslash", strings.Repeat("A", 128<<10), strings.Repeat("\u202e", 5000), strings.Repeat("Z\u0351", 3000),
	"__proto__", "constructor", "null", "undefined", "NaN", "../../etc/passwd", `C:\Windows`, "$(reboot)", "`reboot`", "; reboot", "| reboot", "' OR 1=1 --", "%s%n", "${jndi:x}",
)

// corpusMachine has a connection, a listener and a UDP socket for each name, and each remote address has the name of the
// process for its host name.
func corpusMachine(names []string) *machine {
	m := newMachine(names)
	m.hosts = map[string]string{}
	for i, name := range names {
		pid, remote := int32(i+1), fmt.Sprintf("198.51.100.%d", i+1)
		m.hosts[remote] = name
		id := poller.ID(3*i + 1)
		m.sockets[id] = tcp(id, poller.StateEstablished, "192.0.2.7:443", remote+":50000", pid)
		m.sockets[id+1] = tcp(id+1, poller.StateListen, fmt.Sprintf("0.0.0.0:%d", 20000+i), nowhere, pid)
		u := tcp(id+2, poller.StateNone, fmt.Sprintf("0.0.0.0:%d", 30000+i), nowhere, pid)
		u.Protocol = poller.UDP
		m.sockets[id+2] = u
	}
	return m
}

// looks are the views under which every route is asked for.
var looks = []string{"", "names=1", "group=process", "group=process&open=curl", "group=user", "group=remote&names=1", "pair=1", "sort=proc&limit=200", "state=LISTEN", "n=1"}

// routesOf returns an address for every GET route of the site, with a parameter filled in where it has one.
func routesOf(s *Site) (paths []string) {
	for _, r := range handler(s).Routes() {
		if r.Method != "GET" || r.Path == "/live" || strings.HasPrefix(r.Path, static.Prefix) {
			continue
		}
		path := strings.NewReplacer(":id", "1", ":pid", "1", "*", "443").Replace(r.Path)
		paths = append(paths, path)
		if strings.Contains(r.Path, ":") || strings.HasSuffix(r.Path, "*") {
			paths = append(paths, path+".json")
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// TestCorpus asks for every route of the router, a new one included, of a machine whose names are the corpus, and of
// one with plain names. Pages have the same kinds of elements and attributes for both, and no character that is not
// seen; data is well-formed, and no cell of it is a formula.
//
//attack:j1 every route, ten views of each, some eighty names: no element or attribute that plain names do not have
//attack:j2 hx-, data-hx-, x-on and @click among the names
//attack:j3 no control or bidirectional character stands in any page
//attack:j4 no cell of any CSV begins as a formula
//attack:j5 nothing in JSON, CSV, metrics or text acts on a terminal that shows it
//attack:j8 a fixed name, whatever the route
func TestCorpus(t *testing.T) {
	bad := newTestSite(t, corpusMachine(corpus), poller.MaxInterval)
	plain := make([]string, len(corpus))
	for i := range plain {
		plain[i] = fmt.Sprintf("plain%d", i)
	}
	good := newTestSite(t, corpusMachine(plain), poller.MaxInterval)
	for _, s := range []*Site{bad, good} { // asks for the names, so that they are known below
		ask(t, s, "/connections.json", "names=1")
	}
	time.Sleep(time.Second / 5)
	for _, path := range routesOf(bad) {
		for _, look := range looks {
			got := ask(t, bad, path, look)
			where := path + "?" + look
			if got.Code == 500 {
				t.Errorf("%s: %d %.200s", where, got.Code, got.Body)
				continue
			}
			checkHead(t, where, got)
			switch kind := got.Header().Get("Content-Type"); {
			case strings.HasPrefix(kind, "text/html"):
				checkPage(t, where, got.Body.String(), ask(t, good, path, look).Body.String())
			case strings.HasPrefix(kind, "text/csv"):
				checkTable(t, where, got.Body.String())
			case strings.HasPrefix(kind, "application/json"), strings.HasPrefix(kind, "application/x-ndjson"):
				checkJSON(t, where, got.Body.String())
			case strings.HasPrefix(kind, "text/plain"), strings.HasPrefix(kind, "text/css"):
				checkText(t, where, got.Body.String())
			default:
				t.Errorf("%s has the type %q, for which this test has no rule", where, kind)
			}
		}
	}
}

// disposition is what may stand in a Content-Disposition.
var disposition = regexp.MustCompile(`^(|(attachment|inline)(; filename="[a-zA-Z0-9._-]+")?)$`)

// checkHead checks the header of an answer.
func checkHead(t *testing.T, where string, got *httptest.ResponseRecorder) {
	t.Helper()
	for name, values := range got.Header() {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%s: header %s: %q", where, name, v)
			}
		}
	}
	if d := got.Header().Get("Content-Disposition"); !disposition.MatchString(d) {
		t.Errorf("%s: Content-Disposition %q", where, d)
	}
}

// unseen reports whether a character acts on a terminal or turns the direction of text. White space of markup is none.
func unseen(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\u200b')
}

// checkPage compares the elements and attributes of a page with those of the same page of a machine with plain names.
func checkPage(t *testing.T, where, got, plain string) {
	t.Helper()
	got = identities.ReplaceAllString(got, "")
	if !utf8.ValidString(got) || strings.ContainsFunc(got, unseen) {
		at := strings.IndexFunc(got, unseen)
		t.Errorf("%s: a character that is not seen, or no UTF-8: %q", where, got[max(0, at-60):min(len(got), at+20)])
	}
	usual := kindsOf(t, plain)
	for kind, where2 := range kindsOf(t, got) {
		if _, ok := usual[kind]; !ok {
			t.Errorf("%s: %s is there because of a name: %.200q", where, kind, where2)
		}
	}
}

// identities are attributes that only the script reads, and compares with what the live view says; typed is what the
// reader has typed, which the box gives back as it was.
var (
	identities = regexp.MustCompile(`data-id="[^"]*"`)
	typed      = regexp.MustCompile(`value="[^"]*"`)
)

// kindsOf returns the kinds of elements and attributes in a page, as "a", "a href", with one of each.
func kindsOf(t *testing.T, page string) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Errorf("markup: %v", z.Err())
			}
			return kinds
		case html.CommentToken:
			kinds["comment"] = string(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			kinds[token.Data] = token.String()
			for _, a := range token.Attr {
				kinds[token.Data+" "+a.Key] = token.String()
				if slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) {
					if u, err := url.Parse(a.Val); err != nil || u.Scheme != "" || u.Host != "" {
						kinds["foreign address"] = a.Val
					}
				}
			}
		}
	}
}

// checkTable reads a CSV.
func checkTable(t *testing.T, where, got string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if err != nil || !utf8.ValidString(got) {
		t.Errorf("%s: %v", where, err)
	}
	if strings.ContainsFunc(got, func(r rune) bool { return r != '\r' && unseen(r) && r != '\u2028' && r != '\u2029' }) {
		t.Errorf("%s: characters that a terminal would act on", where)
	}
	number := regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	for _, r := range records {
		for _, cell := range r {
			if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && !number.MatchString(cell) {
				t.Errorf("%s: the cell %.60q is a formula", where, cell)
			}
		}
	}
}

// checkJSON reads JSON, one value or one a line.
func checkJSON(t *testing.T, where, got string) {
	t.Helper()
	if strings.ContainsAny(got, "<>\t") || strings.ContainsFunc(got, unseen) {
		t.Errorf("%s: characters that a page or a terminal would act on", where)
	}
	for d := json.NewDecoder(strings.NewReader(got)); ; {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
	}
}

// checkText: a text for programs or people has no character that a terminal acts on.
func checkText(t *testing.T, where, got string) {
	t.Helper()
	if !utf8.ValidString(got) || strings.ContainsFunc(got, unseen) {
		t.Errorf("%s: %.300q", where, got)
	}
}

// foreignKind is a kind of element or attribute that no page of ours has.
var foreignKind = regexp.MustCompile(`^(img|comment|base|style|iframe|object|embed|foreign address)|\bon[a-z]+$|hx-|x-on|@| style$`)

// TestHostileViews: what the reader, or who sent them a link, says in the URL comes back as text in every format.
//
//attack:j1 the corpus as filter, sort key, column, group and selection
//attack:j7 none of it is more than a 400 with one sentence
func TestHostileViews(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for _, text := range corpus {
		if len(text) > 1000 {
			text = text[:1000]
		}
		for _, key := range []string{"q", "proc", "group", "sel", text} {
			query := url.Values{key: {text}}.Encode()
			for _, path := range []string{"/", "/connections.json", "/view", "/complete", "/ports"} {
				got := ask(t, s, path, query)
				where := fmt.Sprintf("%s?%.80s", path, query)
				if got.Code >= 500 {
					t.Fatalf("%s: %d %.300s", where, got.Code, got.Body)
				}
				checkHead(t, where, got)
				switch kind := got.Header().Get("Content-Type"); {
				case strings.HasPrefix(kind, "text/html"):
					for k, at := range kindsOf(t, got.Body.String()) {
						if foreignKind.MatchString(k) || strings.HasPrefix(k, "script") && !strings.Contains(at, `src="`+static.Prefix) {
							t.Errorf("%s: %s is there because of the view: %.200q", where, k, at)
						}
					}
					if page := typed.ReplaceAllString(got.Body.String(), ""); strings.ContainsFunc(page, unseen) || !utf8.ValidString(got.Body.String()) {
						at := strings.IndexFunc(page, unseen)
						t.Errorf("%s: a character that is not seen, or no UTF-8: %q", where, page[max(0, at-60):min(len(page), max(0, at+20))])
					}
				case strings.HasPrefix(kind, "application/json"):
					checkJSON(t, where, got.Body.String())
				}
			}
		}
	}
}
