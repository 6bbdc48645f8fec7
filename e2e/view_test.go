package e2e

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// TestBookmark: the URL is the view. Whoever opens it sees the same rows, with a script or without.
func TestBookmark(t *testing.T) {
	pair := openPair(t, 0)
	other := openPair(t, 0)
	sockeye := start(t)
	view := sockeye.url + "/?state=ESTABLISHED&port=" + portOf(pair.listener)
	b := newBrowser(t)

	first := b.tab()
	first.openLive(view)
	rows := first.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })
	for _, r := range rows {
		if r.Cells["state"] != "ESTABLISHED" {
			t.Errorf("a row in state %s", r.Cells["state"])
		}
	}
	if _, ok := find(rows, "ESTABLISHED", "remote", portOf(other.listener)); ok {
		t.Error("a connection of another port is shown")
	}
	if got := eval[string](first, `document.querySelector("#matched").textContent.trim()`); got != "2" {
		t.Errorf("the page says that %s match, want 2", got)
	}

	second := b.tab()
	second.openLive(view)
	if diff := cmp.Diff(ids(rows), ids(second.rows())); diff != "" {
		t.Errorf("rows of a second viewer (-first +second):\n%s", diff)
	}

	plain := b.tab()
	plain.setScript(false)
	plain.open(view)
	without := plain.rows()
	if diff := cmp.Diff(ids(rows), ids(without)); diff != "" {
		t.Errorf("rows without a script (-with +without):\n%s", diff)
	}
	for i := range without {
		for _, column := range []string{"proto", "state", "local", "remote", "proc", "pid", "user"} {
			if diff := cmp.Diff(rows[i].Cells[column], without[i].Cells[column]); diff != "" {
				t.Errorf("cell %s of row %d without a script (-with +without):\n%s", column, i, diff)
			}
		}
	}
}

// TestBox: what is typed becomes the canonical URL, and the browser's history goes through the views.
func TestBox(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	eval[int](p, "window.sameDocument = 1")

	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "state:established port:"+port+"\r"))
	canonical := "?" + url.Values{"state": {"ESTABLISHED"}}.Encode() + "&port=" + port
	p.until("the canonical URL", `location.search === "`+canonical+`"`)
	p.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })

	p.do(chromedp.Click(chromedp.CSS(`thead th[data-col="local"] a`)))
	p.until("the order in the URL", `/[?&]sort=-?local(&|$)/.test(location.search)`)
	sorted := p.search()
	p.do(chromedp.Click(chromedp.CSS(`thead th[data-col="local"] a`)))
	p.until("the other direction in the URL", `/[?&]sort=-?local(&|$)/.test(location.search) && location.search !== "`+sorted+`"`)
	down := p.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })

	eval[any](p, "history.back() ?? null")
	p.until("back to the first order", `location.search === "`+sorted+`"`)
	p.awaitRows("rows in the other order", func(rows []row) bool {
		return len(rows) == 2 && rows[0].ID == down[1].ID && rows[1].ID == down[0].ID
	})
	eval[any](p, "history.back() ?? null")
	p.until("back to the filter", `location.search === "`+canonical+`"`)
	eval[any](p, "history.back() ?? null")
	p.until("back to everything", `location.search === "" && document.querySelector("form#filter input[name=q]").value === ""`)
	p.awaitRows("all rows", func(rows []row) bool { return len(rows) > 2 })
	eval[any](p, "history.forward() ?? null")
	p.until("forward to the filter", `location.search === "`+canonical+`" && document.querySelector("form#filter input[name=q]").value.includes("`+port+`")`)
	p.awaitRows("both ends again", func(rows []row) bool { return len(rows) == 2 })
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page was loaded anew")
	}
}

// TestBoxWithoutScript: the same form works as a plain one.
func TestBoxWithoutScript(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)

	answer, _ := sockeye.get("/?q=state%3Aestablished+port%3A" + port)
	if answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the form is answered with %s, want 303", answer.Status)
	}
	if got, want := answer.Header.Get("Location"), "/?state=ESTABLISHED&port="+port; got != want {
		t.Errorf("it leads to %q, want %q", got, want)
	}

	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/")
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "state:established port:"+port+"\r"))
	p.until("the canonical URL", `location.search === "?state=ESTABLISHED&port=`+port+`"`)
	p.awaitRows("both ends", func(rows []row) bool { return len(rows) == 2 })
	p.do(chromedp.Click(chromedp.CSS(`thead th[data-col="local"] a`)))
	p.until("the order in the URL", `/[?&]sort=-?local(&|$)/.test(location.search)`)
}

// TestPortLookup: the form in the header leads to who has the port, or says that it is free.
func TestPortLookup(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/")
	p.do(chromedp.SendKeys(chromedp.CSS("form#lookup input[name=q]"), ":"+port+"\r"))
	p.until("the answer names the process", `location.pathname.startsWith("/ports") && document.body.innerText.includes("e2e.test")`)

	free := freePort(t)
	answer, body := sockeye.get("/ports/" + itoa(free))
	if answer.StatusCode != http.StatusOK || !containsFold(body, "free") {
		t.Errorf("a port that nobody has: %s, and the word \"free\" is %v", answer.Status, containsFold(body, "free"))
	}
	for _, name := range []string{"https", "443", ":443"} {
		if answer, _ := sockeye.get("/ports?q=" + url.QueryEscape(name)); answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusSeeOther {
			t.Errorf("lookup of %q: %s", name, answer.Status)
		}
	}
}
