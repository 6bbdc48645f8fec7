package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const box = "form#filter input[name=q]"

// typeFilter puts text into the empty box, as keys do, without Enter.
func (p *tab) typeFilter(text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(box), text))
}

// clearBox empties the box as a reader does.
func (p *tab) clearBox() {
	p.t.Helper()
	eval[any](p, `(() => { const b = document.querySelector("`+box+`"); b.focus(); b.select(); document.execCommand("delete"); })() ?? null`)
}

// TestFilterLanguage: or, not and groups, comparisons, host names and service names work from the box to the rows, and
// what is not plain stays in q.
func TestFilterLanguage(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	for _, test := range []struct {
		box  string
		rows int
	}{
		{"port:" + port + " (state:listen or lport:" + port + ")", 2},
		{"port:" + port + " not state:listen", 2},
		{"lport:" + port + " or rport:" + port, 3},
		{"port:" + port + " ip:localhost", 3},
		{"port:" + port + " if:lo is:loopback", 3},
		{"port:" + port + " rip:localhost age:>=0s", 2},
		{"port:" + port + " is:listening", 1},
		{"port:" + port + " is:external", 0},
		{"127.0.0.1:" + port, 3},
	} {
		p.openLive(sockeye.url + "/?" + url.Values{"q": {test.box}}.Encode())
		p.awaitRows(test.box, func(rows []row) bool { return len(rows) == test.rows })
	}
	p.openLive(sockeye.url + "/")
	p.typeFilter("port:" + port + " (state:listen or lport:" + port + ")\r")
	p.until("the group in q", `location.search === "?port=`+port+`&q=state:LISTEN+or+lport:`+port+`"`)
	p.awaitRows("two rows", func(rows []row) bool { return len(rows) == 2 })
	if chips := eval[int](p, `document.querySelectorAll("#chips .chip").length`); chips != 2 {
		t.Errorf("%d chips, want 2", chips)
	}
}

// TestTypingWrong: the last good rows stay while a filter is being typed wrong, and the reason stands under the box.
func TestTypingWrong(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	entries := eval[int](p, "history.length")
	p.typeFilter("port:" + port)
	p.until("the URL follows the typing", `location.search === "?port=`+port+`"`)
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.typeFilter(" prot:tcp")
	p.until("the reason", `document.querySelector("#problem").textContent.includes('did you mean "proto"')`)
	p.until("the box is marked", `document.querySelector("`+box+`").getAttribute("aria-invalid") === "true"`)
	if rows := p.rows(); len(rows) != 3 {
		t.Errorf("%d rows while the filter is wrong", len(rows))
	}
	if got := p.search(); got != "?port="+port {
		t.Errorf("the URL is %q while the filter is wrong", got)
	}
	if got := eval[string](p, `document.querySelector("`+box+`").value`); got != "port:"+port+" prot:tcp" {
		t.Errorf("the box was changed to %q while it was typed in", got)
	}
	if n := eval[int](p, "history.length"); n != entries {
		t.Errorf("typing made %d entries of history", n-entries)
	}
	p.do(chromedp.Click(chromedp.CSS("#offer a")))
	p.until("the offer is taken", `location.search === "?port=`+port+`&proto=tcp"`)
	p.until("no reason is left", `document.querySelector("#problem").hidden && document.querySelector("#offer").hidden`)
	eval[any](p, "history.back() ?? null")
	p.until("back leads to where the typing began", `location.search === ""`)
}

// TestPastedFilters: what other programs understand is offered as a translation, with a script and without.
func TestPastedFilters(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	for pasted, want := range map[string]string{
		"( dport = :" + port + " or sport = :" + port + " )": "?port=" + port,
		"tcp.port == " + port:                                "?proto=tcp&port=" + port,
		`netstat -ano | find ":` + port + `"`:                "?port=" + port,
		"findstr ESTABLISHED":                                "?state=ESTABLISHED",
		"state established dst 127.0.0.1:" + port:            "?state=ESTABLISHED&rip=127.0.0.1&rport=" + port,
	} {
		p.clearBox()
		p.typeFilter(pasted)
		p.until("an offer for "+pasted, `!document.querySelector("#offer").hidden && document.querySelector("#offer a").search === "`+want+`"`)
		p.do(chromedp.Click(chromedp.CSS("#offer a")))
		p.until("the view of "+pasted, `location.search === "`+want+`"`)

		address := "/?q=" + url.QueryEscape(pasted)
		answer, body := sockeye.get(address)
		if to := answer.Header.Get("Location"); to != "" {
			_, body = sockeye.get(to)
		}
		if !strings.Contains(body, `<a href="/`+strings.ReplaceAll(want, "&", "&amp;")+`" data-view>`) {
			t.Errorf("the page without a script does not offer %s for %q", want, pasted)
		}
	}
}

// TestUnknownHost: a name that has no address is said under the box, and hangs nothing.
func TestUnknownHost(t *testing.T) {
	sockeye := start(t)
	answer, body := sockeye.get("/?rip=nowhere.invalid")
	if answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "nowhere.invalid") {
		t.Errorf("%s", answer.Status)
	}
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	p.typeFilter("rip:nowhere.invalid\r")
	p.until("the reason", `/nowhere\.invalid/.test(document.querySelector("#problem").textContent)`)
	p.clearBox()
	p.typeFilter("if:nosuch0\r")
	p.until("the interfaces there are", `/nosuch0.*: there are .*lo/.test(document.querySelector("#problem").textContent)`)
}

// TestCompletion: keys and then values with their counts are offered, and taken with the keyboard alone.
func TestCompletion(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	const options = `[...document.querySelectorAll("#suggestions [role=option]")]`
	p.typeFilter("port:" + port + " sta")
	p.until("the key", options+`.some(o => o.textContent.includes("state:"))`)
	press := func(key string) { p.typeFilter(key) }
	press(kb.ArrowDown) // arrow down
	p.until("the first is marked", `document.querySelector("`+box+`").getAttribute("aria-activedescendant") === "suggestion0" &&
		document.querySelector("#suggestion0").getAttribute("aria-selected") === "true"`)
	press("\r")
	p.until("the key is in the box", `document.querySelector("`+box+`").value === "port:`+port+` state:"`)
	p.until("the states with their counts", options+`.some(o => o.textContent.replace(/\s/g, "") === "ESTABLISHED2") &&
		`+options+`.some(o => o.textContent.replace(/\s/g, "") === "LISTEN1")`)
	p.typeFilter("est")
	p.until("the state that begins so is first", `document.querySelector("#suggestion0 .name").textContent === "ESTABLISHED"`)
	press(kb.ArrowDown + "\r")
	p.until("the value is in the box", `document.querySelector("`+box+`").value.trim() === "port:`+port+` state:ESTABLISHED"`)
	p.until("the list is closed", `document.querySelector("#suggestions").hidden && document.querySelector("`+box+`").getAttribute("aria-expanded") === "false"`)
	press("\r")
	p.until("the view", `location.search === "?port=`+port+`&state=ESTABLISHED"`)
	p.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })

	p.clearBox()
	press("\r")
	p.until("everything", `location.search === ""`)
	press(kb.ArrowUp) // arrow up
	p.until("the filter of before", `document.querySelector("`+box+`").value === "port:`+port+` state:ESTABLISHED"`)
}
