package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// holdAnswers has answers to what begins with a path come only after letAnswersCome: a server far away, or a slow one.
func (p *tab) holdAnswers(path string) {
	p.t.Helper()
	eval[int](p, `(() => {
		const released = new Promise((done) => (window.letAnswersCome = done));
		const ask = window.fetch;
		window.fetch = async (url, ...rest) => {
			if (String(url).startsWith("`+path+`")) await released;
			return ask(url, ...rest);
		};
		const send = XMLHttpRequest.prototype.send;
		const open = XMLHttpRequest.prototype.open;
		XMLHttpRequest.prototype.open = function (method, url) {
			this.slow = String(url).startsWith("`+path+`");
			open.call(this, method, url);
		};
		XMLHttpRequest.prototype.send = async function () {
			if (this.slow) await released;
			send.call(this);
		};
		return 1;
	})()`)
}

// letAnswersCome ends what holdAnswers began.
func (p *tab) letAnswersCome() {
	p.t.Helper()
	eval[int](p, `(letAnswersCome(), 1)`)
}

// settled waits until the page has had time to take in what has come: two pictures after another.
func (p *tab) settled() {
	p.t.Helper()
	eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true)))))`)
}

// TestBackToADrawnTime: the address of a view has the time of the charts, also after another view was typed.
func TestBackToADrawnTime(t *testing.T) {
	_, p := openCharts(t)
	p.drawOver("#chart .plot", 0.9, 0.99)
	p.until("a time", `location.search.startsWith("?from=")`)
	drawn := p.search()
	p.typeFilter("port:1")
	p.until("what is typed is shown", `location.search.startsWith("?port=1&from=")`)
	entries := eval[int](p, `history.length`)
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "\r"))
	p.until("an entry of its own", `history.length === `+itoa(entries+1)+` && location.search.startsWith("?port=1&from=")`)
	p.do(chromedp.Click(chromedp.CSS("#live")))
	p.until("live", `location.search === "?port=1"`)
	eval[any](p, "history.back() ?? null")
	p.until("the time in the view", `location.search.startsWith("?port=1&from=") && !document.querySelector("#live").hidden`)
	eval[any](p, "history.back() ?? null")
	p.until("the time before that view", `location.search === "`+drawn+`" && !document.querySelector("#live").hidden`)
}

// TestGroupsInQuickSuccession: who opens a second group before the answer to the first has both.
func TestGroupsInQuickSuccession(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + port + "&group=process")
	p.awaitRows("three groups", func(rows []row) bool { return len(rows) == 3 })
	p.holdAnswers("/view")
	p.do(chromedp.Click(chromedp.CSS(fold("grape"))), chromedp.Click(chromedp.CSS(fold("quince"))))
	p.letAnswersCome()
	p.until("both in the address", `location.search === "?rport=`+port+`&group=process&open=grape&open=quince"`)
	p.awaitRows("the rows of both", func(rows []row) bool {
		return len(rows) == 7 && slices.Equal([]string{rows[0].ID, rows[4].ID, rows[5].ID}, []string{"=grape", "=melon", "=quince"})
	})
}

// TestClosedBeforeItIsThere: a connection that was left before its panel came stays closed.
func TestClosedBeforeItIsThere(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	first, second := sockeye.idOf(pair.server), sockeye.idOf(pair.client)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.openInspector(first) // so that what shows it is loaded
	p.do(chromedp.Click(chromedp.CSS("#inspector-close")))
	p.until("closed", `document.querySelector("#inspector").hidden`)
	p.holdAnswers("/connections/")
	eval[bool](p, `document.dispatchEvent(new CustomEvent("sockeye:open", { detail: "`+second+`", cancelable: true }))`)
	p.until("on its way", `location.search.endsWith("sel=`+second+`")`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#rows tr[data-id="` + second + `"]').focus()`))
	p.strike("Escape")
	p.until("left", `!location.search.includes("sel=")`)
	p.letAnswersCome()
	p.settled()
	p.polled(sockeye, 2)
	if !eval[bool](p, `document.querySelector("#inspector").hidden && !location.search.includes("sel=")`) {
		t.Errorf("it opens after it was left: %s", p.search())
	}
}

// TestNothingIsKept: a browser that lets the page remember nothing shows what was asked for all the same.
func TestNothingIsKept(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	eval[int](p, `(() => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; return 1; })()`)
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "port:"+port+"\r"))
	p.until("the address", `location.search === "?port=`+port+`"`)
	p.awaitRows("its rows", func(rows []row) bool { return len(rows) == 3 })
}

// TestNotCopied: what the browser did not let the page copy is not called copied.
func TestNotCopied(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	eval[int](p, `(() => {
		navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
		document.execCommand = () => false;
		return 1;
	})()`)
	p.press("c")
	p.until("it is said", `document.querySelector("#announce").textContent === "The browser does not let the page copy"`)
}

// TestFacetsUnderThePointer: while the pointer is at the facets values stay where they are, and what has no connection
// any more says so.
func TestFacetsUnderThePointer(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.facetIs("state", "ESTABLISHED", "2")
	p.point("#facets [data-key='state'] li")
	reset(t, pair.server)
	p.facetIs("state", "ESTABLISHED", "0")
	p.facetIs("state", "LISTEN", "1")
	p.point("#rows")
	p.until("it goes when the pointer has gone", `!`+facet("state", "ESTABLISHED"))
}

// TestSparklineIsAMinute: the line of a row has the time for its width, however often the row is sent.
func TestSparklineIsAMinute(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/")
	got := eval[string](p, `import(document.querySelector("script[src*='/js/']").src.replace(/app\.js$/, "spark.js")).then(({ Sparks }) => {
		const tr = document.createElement("tr");
		tr.dataset.id = "1";
		const cell = tr.insertCell();
		cell.dataset.col = "spark";
		const path = cell.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
		const body = document.createElement("tbody");
		body.append(tr);
		const sparks = new Sparks();
		const at = (ms, rate) => sparks.sample({
			shown: ["1"], status: { at: ms }, row: () => ({ receive_rate: rate, send_rate: rate === null ? null : 0 }),
		});
		const told = [];
		const tell = () => (sparks.draw(body), told.push(path.getAttribute("d").match(/[ML]-?[\d.]+/g).join(" ")));
		for (const ms of [0, 30_000, 60_000, 60_000, 60_000]) at(ms, 5); // the last two are of the same poll
		tell();
		at(90_000, null);
		at(90_000, 7);
		tell();
		for (let ms = 91_000; ms < 93_000; ms += 100) at(ms, 5);
		told.push(path.getAttribute("d") !== null && (tell(), told.pop().split(" ").length));
		return told.join("|");
	})`)
	if want := fmt.Sprint("M0.0 L30.0 L60.0|M0.0 L30.0 L60.0|", 5); got != want {
		t.Errorf("the line goes through %s, want %s", got, want)
	}
}

// TestBackAndARow: who goes back and chooses a row before the answer comes gets the view that the address names.
func TestBackAndARow(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + port)
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	p.do(chromedp.Click(chromedp.CSS(`#states a[data-state=LISTEN]`)))
	p.until("listeners", `location.search === "?state=LISTEN" && document.querySelector("form#filter input[name=q]").value === "state:LISTEN"`)
	p.awaitRows("listeners alone", func(rows []row) bool { return len(rows) > 0 && rows[0].Cells["state"] == "LISTEN" })
	p.holdAnswers("/view")
	eval[any](p, "history.back() ?? null")
	p.until("the address", `location.search === "?port=`+port+`"`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#rows tr[data-id]:not(.group) td").click()`))
	p.until("a row in the address", `location.search.includes("sel=")`)
	p.letAnswersCome()
	p.until("the view of the address", `document.querySelector("form#filter input[name=q]").value === "port:`+port+`"`)
	p.awaitRows("its rows", func(rows []row) bool { return len(rows) == 3 })
}
