package e2e

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// withoutBrowser is the view in the pictures: everything but the browser that takes them.
const withoutBrowser = "/?-proc=chromium"

// picture is one page in docs/screenshots.
type picture struct {
	name, path string
	// live is set for pages of the dashboard, which are to be live before the picture is taken.
	live bool
	// prepare is a script that brings the page to the state in the picture, and ready a condition that says it is there.
	prepare, ready string
	// more is set where there is one in the dark too, at both sizes.
	dark bool
}

// pictures are those of docs/screenshots, apart from the ones of a server that is gone.
var pictures = []picture{
	{name: "dashboard", path: withoutBrowser, live: true, dark: true, ready: curve},
	{name: "grouped", path: withoutBrowser + "&group=process&open=api-server", live: true, ready: curve},
	{name: "inspector", path: withoutBrowser + "&state=CLOSE_WAIT", live: true, dark: true,
		prepare: `document.querySelector("#rows tr[data-id] a").click()`, ready: `!document.querySelector("#inspector").hidden`},
	{name: "palette", path: withoutBrowser, live: true, prepare: findNginx,
		ready: `document.querySelectorAll("#palette-list li").length > 0`},
	{name: "empty", path: "/?state=SYN_SENT&port=9999", live: true, ready: curve},
	{name: "ports", path: "/ports"},
	{name: "port", path: "/ports/443", dark: true},
	{name: "diagnosis", path: "/diagnosis", prepare: `document.querySelector("main form [type=submit]")?.click()`,
		ready: `document.querySelector(".ladder .verdict, .ladder #verdict, .outcome") && document.readyState === "complete"`},
	{name: "network", path: "/network"},
	{name: "states", path: "/states"},
}

// curve says that the chart has something to show.
const curve = `document.querySelector("#chart canvas, #chart polygon")`

// findNginx opens the palette and types.
const findNginx = `document.querySelector("[data-do=palette]").click(), setTimeout(() => {
	const box = document.querySelector("#palette input");
	box.value = "nginx";
	box.dispatchEvent(new Event("input", {bubbles: true}));
}, 300)`

// shootAll takes every picture, in light and some in dark, at both sizes.
func shootAll(p *tab, sockeye *program) {
	p.t.Helper()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, one := range pictures {
			if strings.Contains(one.name, *shotNames) && (one.dark || s.scheme == "light") {
				one.take(p, sockeye)
				p.shoot(fmt.Sprintf("%s-%s-%d.png", one.name, s.scheme, s.width))
			}
		}
	}
	if !strings.Contains("stale", *shotNames) {
		return
	}
	p.openLive(sockeye.url + withoutBrowser)
	sockeye.stop()
	p.awaitState("disconnected")
	for _, s := range []int{0, 2} {
		p.setScreen(screens[s].width, screens[s].height, screens[s].scheme)
		p.shoot(fmt.Sprintf("stale-%s-%d.png", screens[s].scheme, screens[s].width))
	}
}

// take brings the page to the state in the picture.
func (one *picture) take(p *tab, sockeye *program) {
	p.t.Helper()
	p.open(sockeye.url + one.path)
	if one.live {
		p.awaitState("live")
		p.until("rows", `document.querySelector("#rows tr, #empty:not([hidden])")`)
	}
	if one.prepare != "" {
		eval[bool](p, `(`+one.prepare+`, true)`)
	}
	if one.ready != "" {
		p.until("the page of the picture", one.ready)
	}
}

// shoot writes a picture of the screen.
func (p *tab) shoot(name string) {
	p.t.Helper()
	// Two frames and a poll, for what fades in and what is drawn after it.
	eval[bool](p, `new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 700))`)
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	dir := filepath.Join("..", "docs", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), pack(p, shot), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// pack returns the same picture in fewer bytes: the browser compresses in haste.
func pack(p *tab, shot []byte) []byte {
	p.t.Helper()
	image, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		p.t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, image); err != nil {
		p.t.Fatal(err)
	}
	if small.Len() > len(shot) {
		return shot
	}
	return small.Bytes()
}
