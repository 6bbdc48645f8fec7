package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
	// press is what is clicked to bring the page to the state in the picture, text what is typed then, and ready a condition
	// that says it is there.
	press, text, ready string
	// dark is set where there is one in the dark too, at both sizes.
	dark bool
}

// pictures are those of docs/screenshots, apart from the ones of a server that is gone.
var pictures = []picture{
	{name: "dashboard", path: withoutBrowser, live: true, dark: true, ready: curve},
	{name: "grouped", path: withoutBrowser + "&group=process&open=api-server", live: true, ready: curve},
	{name: "inspector", path: withoutBrowser + "&state=CLOSE_WAIT", live: true, dark: true,
		press: `#rows tr[data-id] a`, ready: `!document.querySelector("#inspector").hidden`},
	{name: "palette", path: withoutBrowser, live: true, press: `[data-do="palette"]`, text: "ng",
		ready: `document.querySelectorAll("#palette-list li").length > 0`},
	{name: "empty", path: "/?state=SYN_SENT&port=9999", live: true, ready: curve},
	{name: "ports", path: "/ports"},
	{name: "port", path: "/ports/443", dark: true},
	{name: "diagnosis", path: "/diagnosis", press: `main form [type="submit"]`,
		ready: `document.querySelector(".ladder .verdict, .ladder #verdict, .outcome") && document.readyState === "complete"`},
	{name: "network", path: "/network"},
	{name: "states", path: "/states"},
}

// curve says that the chart has something to show.
const curve = `document.querySelector("#chart canvas, #chart polygon")`

// shootAll takes every picture, in light and some in dark, at both sizes.
func shootAll(p *tab, sockeye *program) {
	p.t.Helper()
	p.expect("net::ERR_CONNECTION") // while nobody listens
	for _, one := range pictures {  // those of the dashboard first: nobody is polled for behind other pages
		for _, s := range screens {
			p.setScreen(s.width, s.height, s.scheme)
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
	if one.press != "" {
		p.do(chromedp.Click(chromedp.CSS(one.press)))
	}
	if one.text != "" {
		p.until("the palette", `document.querySelector("#palette").open`)
		p.press(one.text)
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
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		p.t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewColours(picture)); err != nil {
		p.t.Fatal(err)
	}
	return small.Bytes()
}

// fewColours returns a picture with at most 256 colours: each of the rest becomes one that is so near to it that in
// pictures of text nobody sees it.
func fewColours(picture image.Image) image.Image {
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return cmp.Compare(counts[b], counts[a]) })
	few := color.Palette(nil)
	for near := 3; few == nil || len(few) > 256; near += 3 {
		few = apart(most, near)
	}
	small, nearest := image.NewPaletted(b, few), map[color.RGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(few.Index(c))
				nearest[c] = i
			}
			small.SetColorIndex(x, y, i)
		}
	}
	return small
}

// apart returns of these colours those that differ from each before by more than so much in one of red, green and blue.
func apart(all []color.RGBA, near int) (few color.Palette) {
	for _, c := range all {
		if !slices.ContainsFunc(few, func(other color.Color) bool {
			o := other.(color.RGBA)
			return max(off(c.R, o.R), off(c.G, o.G), off(c.B, o.B)) <= near
		}) {
			few = append(few, c)
		}
	}
	return few
}

// off is how far two values are from each other.
func off(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
