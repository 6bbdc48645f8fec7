package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press presses keys one after the other, outside of any box.
func (p *tab) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// TestKeys: each key of the help does what the help says.
func TestKeys(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	rows := p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	current := `(document.activeElement.closest("#rows tr") ?? document.querySelector("#rows tr[aria-selected=true]"))?.dataset.id ?? ""`

	p.press("/")
	p.until("the cursor in the box", `document.activeElement.name === "q"`)
	p.press("jp")
	p.until("letters in a box are letters", `document.activeElement.value.endsWith("jp")`)
	p.press(kb.Escape)
	p.until("the cursor out of the box, with what was typed", `document.activeElement.name !== "q" && document.querySelector("#filter [name=q]").value.endsWith("jp")`)

	p.openRows(sockeye.url+"/?port="+port, len(rows)) // what was typed is the filter by now
	for i, step := range []struct {
		key  string
		want string
	}{{"j", rows[0].ID}, {"j", rows[1].ID}, {"j", rows[2].ID}, {"k", rows[1].ID}} {
		p.press(step.key)
		p.until("row "+itoa(i), current+` === "`+step.want+`"`)
	}

	p.press(kb.Enter)
	p.until("the inspector of the row", `new URLSearchParams(location.search).get("sel") === "`+rows[1].ID+`" && !document.querySelector("#inspector").hidden`)
	p.press(kb.Escape)
	p.until("no inspector", `document.querySelector("#inspector").hidden && location.search === "?port=`+port+`"`)

	p.press("p")
	p.awaitState("paused")
	p.press("p")
	p.awaitState("live")

	p.press("f")
	connect(t, pair.listener)
	seen := sockeye.await("port="+port, "five rows", func(e export) bool { return e.Matched == 5 })
	sockeye.await("", "two more polls", func(e export) bool { return e.Seq >= seen.Seq+2 })
	if n := len(p.rows()); n != 3 {
		t.Errorf("%d rows though they are frozen", n)
	}
	p.press("f")
	p.awaitRows("five rows", func(rows []row) bool { return len(rows) == 5 })

	p.press("?")
	p.until("the help", `document.querySelector("#shortcuts").matches(":popover-open")`)
	p.press("?")
	p.until("no help", `!document.querySelector("#shortcuts").matches(":popover-open")`)

	p.press("x")
	p.press("gx")
	p.until("keys that are none do nothing", `location.pathname === "/"`)
	p.press("gp")
	p.until("the port lookup", `location.pathname === "/ports"`)
}

// TestSortKey: the order that is held while the reader is in the table is taken when asked for.
func TestSortKey(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port + "&sort=-rx")
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	r := p.place("#rows tr")
	p.do(mouse(chromedp.MouseMoved, r.X+50, r.Y+10))
	connect(t, pair.listener)
	p.until("the page says that the order is held, and both ends are there to be let in",
		`document.querySelector("#pulse").textContent.includes("press s") && document.querySelector("#matched").textContent === "5"`)
	if n := len(p.rows()); n != 3 {
		t.Errorf("%d rows before they are let in", n)
	}
	p.press("s")
	p.awaitRows("five rows", func(rows []row) bool { return len(rows) == 5 })
}

// TestCopyKey copies the row that is chosen, and else the link.
func TestCopyKey(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	eval[int](p, `(() => { navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }; return 1; })()`)
	p.press("c")
	p.until("the link", `window.copied === location.href`)
	p.press("jc")
	p.until("the row", `window.copied.includes("127.0.0.1:`+port+`") && window.copied.split("\t").length > 5`)
	p.until("it is said", `document.querySelector("#announce").textContent === "Row copied"`)
	eval[int](p, `(() => { Object.defineProperty(navigator, "clipboard", {value: undefined});
		document.addEventListener("copy", () => (window.copied = getSelection().toString() || document.activeElement.value)); return 1; })()`)
	p.press("kc")
	p.until("the row without a secure context", `window.copied.includes("`+port+`") && !document.querySelector("body > textarea")`)
}

// TestKeysOff: keys of one sign can be switched off, which is remembered; those with Ctrl stay.
func TestKeysOff(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	p.press("?")
	p.do(chromedp.Click(chromedp.CSS("#keyswitch")))
	p.press(kb.Escape)
	for range 2 {
		p.press("p?/")
		eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
		if got := eval[string](p, `document.body.dataset.state + document.querySelectorAll(":popover-open").length + document.activeElement.tagName`); got != "live0BODY" {
			t.Errorf("keys that are off: %s", got)
		}
		p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		p.until("the palette", `document.querySelector("#palette").open`)
		p.openLive(sockeye.url + "/")
	}
	p.do(chromedp.Click(chromedp.CSS(`.foot [popovertarget="shortcuts"]`)), chromedp.Click(chromedp.CSS("#keyswitch")))
	p.press(kb.Escape)
	p.press("p")
	p.awaitState("paused")
}

// TestTabShowsState: title and sign tell the state, the trouble and the number of matches.
func TestTabShowsState(t *testing.T) {
	p := newBrowser(t).tab()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p.openLive(sockeye.url + "/?port=" + port)
	p.until("the number of matches", `/^(▲\d+ · )?3 · port:`+port+` · .* · sockeye$/.test(document.title)`)
	sign := `document.querySelector("link[rel=icon]").href`
	p.until("a sign of its own", sign+`.startsWith("data:image/svg+xml,")`)

	if err := pair.client.Close(); err != nil { // which leaves the other end in CLOSE_WAIT
		t.Fatal(err)
	}
	p.until("the trouble", `/^▲[1-9]/.test(document.title) && `+sign+`.includes("%23b1490f")`)
	p.press("p")
	p.until("the pause", `document.title.startsWith("‖ ▲")`)
	p.press("p")
	p.until("no pause", `document.title.startsWith("▲")`)
	sockeye.stop()
	p.until("the loss", `document.title.startsWith("× ")`)
}
