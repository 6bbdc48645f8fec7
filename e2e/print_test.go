package e2e

import (
	"bytes"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestPrint: paper has the table, the charts as lines, and what view of when it is; nothing that one would press.
func TestPrint(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScreen(1440, 900, "dark")
	for _, script := range []bool{true, false} {
		p.setScript(script)
		p.open(sockeye.url + "/?port=" + port)
		if script {
			p.awaitState("live")
			p.until("a live chart", `document.querySelectorAll("figure.chart canvas").length === 3`)
			eval[bool](p, `dispatchEvent(new Event("beforeprint"))`)
		}
		if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		for what, condition := range map[string]string{
			"whose, which and when": `(e => e.offsetHeight > 0 && e.textContent.includes("port:` + port + `") && /20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/.test(e.textContent))(document.querySelector("#printed"))`,
			"no controls":           `[...document.querySelectorAll("button, input, .bar, .foot, #live")].every(e => e.offsetHeight === 0)`,
			"three charts":          `[...document.querySelectorAll("figure.chart")].filter(f => f.offsetHeight > 0 && f.offsetWidth > 0).length === 3`,
			"as lines":              `[...document.querySelectorAll("figure.chart svg")].every(s => getComputedStyle(s).display !== "none") && document.querySelectorAll("figure.chart polygon").length > 2`,
			"not as dots":           `[...document.querySelectorAll("figure.chart canvas")].every(c => c.offsetParent === null)`,
			"a head on every page":  `getComputedStyle(document.querySelector("#table thead")).display === "table-header-group"`,
			"three rows":            `[...document.querySelectorAll("#rows tr")].filter(r => getComputedStyle(r).display === "table-row" && r.offsetHeight > 0).length === 3`,
			"no room for others":    `document.querySelector("#rows").offsetHeight < 200`,
			"dark ink":              `(c => c.every(n => n < 0.5))(getComputedStyle(document.querySelector("#rows td")).color.match(/[\d.]+/g).slice(0, 1).map(Number))`,
		} {
			if !eval[bool](p, condition) {
				t.Errorf("script %v: paper does not have: %s", script, what)
			}
		}
		on := true
		pdf, err := chromedp.Call(p.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &on})
		if err != nil || !bytes.HasPrefix(pdf.Data, []byte("%PDF-")) || bytes.Count(pdf.Data, []byte("/Type /Page\n")) > 1 {
			t.Errorf("script %v: %d bytes of PDF, %d pages, %v", script, len(pdf.Data), bytes.Count(pdf.Data, []byte("/Type /Page\n")), err)
		}
	}
}

// TestPrintButton: paper gets as many rows as a window can have, and is asked for once they are there.
func TestPrintButton(t *testing.T) {
	l := listen(t, 0)
	for range 60 {
		connect(t, l)
	}
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(l))
	p.until("more rows than are in the page", `document.querySelector("#matched").textContent === "121" && document.querySelectorAll("#rows tr").length < 121`)
	eval[int](p, `(() => { window.print = () => { window.printed = document.querySelectorAll("#rows tr").length; }; return 1; })()`)
	p.do(chromedp.Click(chromedp.CSS(`[data-do="print"]`)))
	p.until("all of them on paper", `window.printed === 121`)
}
