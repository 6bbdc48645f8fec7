package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// past is /history.json.
type past struct {
	States, Flows []string
	Points        [][]*float64
}

// history asks for the points of the charts.
func (p *program) history(query string) past {
	p.t.Helper()
	answer, body := p.get("/history.json" + query)
	var h past
	if err := json.Unmarshal([]byte(body), &h); err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("/history.json%s: %s, %v: %.200s", query, answer.Status, err, body)
	}
	return h
}

// sum adds up what moved, by the name of the flow.
func (h past) sum(flow string) (sum float64) {
	for i, name := range h.Flows {
		for _, point := range h.Points {
			if n := point[1+len(h.States)+i]; name == flow && n != nil {
				sum += *n
			}
		}
	}
	return sum
}

// place is where an element is on the screen.
type place struct{ X, Y, Width, Height float64 }

func (p *tab) place(selector string) place {
	p.t.Helper()
	return eval[place](p, fmt.Sprintf(`(({x, y, width, height}) => ({X: x, Y: y, Width: width, Height: height}))(document.querySelector(%q).getBoundingClientRect())`, selector))
}

// mouse moves, presses or releases.
func mouse(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
	if kind == chromedp.MouseMoved {
		return chromedp.MouseEvent(kind, x, y)
	}
	return chromedp.MouseEvent(kind, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1))
}

// drawOver draws a span over a chart, from and to as parts of its width.
func (p *tab) drawOver(selector string, from, to float64) {
	p.t.Helper()
	r := p.place(selector)
	y := r.Y + r.Height/2
	p.do(mouse(chromedp.MouseMoved, r.X+r.Width*from, y), mouse(chromedp.MousePressed, r.X+r.Width*from, y),
		mouse(chromedp.MouseMoved, r.X+r.Width*(from+to)/2, y), mouse(chromedp.MouseMoved, r.X+r.Width*to, y),
		mouse(chromedp.MouseReleased, r.X+r.Width*to, y))
}

// axes returns the ends of the time axis of each chart.
const axes = `[...document.querySelectorAll("figure.chart .axis")].map(a => a.innerText.replace(/\s+/g, " ").trim()).join("|")`

// openCharts opens a page whose charts have some points.
func openCharts(t *testing.T) (*program, *tab) {
	t.Helper()
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	waitFor(t, "four points", func() bool { return len(sockeye.history("").Points) >= 4 })
	p.until("three live charts", `document.querySelectorAll("figure.chart canvas").length === 3`)
	return sockeye, p
}

// TestChartsTellTheSame: what moves through sockets of the test is in the history, the table of numbers and the charts,
// connections that no poll sees included.
func TestChartsTellTheSame(t *testing.T) {
	sockeye, p := openCharts(t)
	before := sockeye.history("")
	l := listen(t, 0)
	const each, count = 100_000, 20
	for range count {
		client, server := connect(t, l)
		go func() { _, _ = client.Write(make([]byte, each)); _ = client.Close() }()
		if n, err := io.Copy(io.Discard, server); err != nil || n != each {
			t.Fatalf("%d bytes came, %v", n, err)
		}
		_ = server.Close()
	}
	waitFor(t, "all bytes and sockets in the history", func() bool {
		h := sockeye.history("")
		return h.sum("sent")-before.sum("sent") >= each*count && h.sum("received")-before.sum("received") >= each*count &&
			h.sum("opened")-before.sum("opened") >= 2*count && h.sum("closed")-before.sum("closed") >= count
	})
	p.until("a scale for that many bytes", `/[0-9] [kM]B\/s/.test(document.querySelector("#chart-bytes .top").textContent)`)

	p.do(chromedp.Click(chromedp.CSS(`button[popovertarget="numbers"]`)))
	p.until("the table has the columns and a row with bytes", `(head => head.startsWith("Time Sockets LISTEN") && head.endsWith("Received Sent Opened Closed"))(
		document.querySelector("#numbers thead").innerText.replace(/\s+/g, " ").trim()) && /\d [kM]B\/s/.test(document.querySelector("#numbers tbody").innerText)`)
	first := eval[string](p, `document.querySelector("#numbers tbody th").textContent`)
	p.until("the open table goes on", `document.querySelector("#numbers tbody th").textContent !== "`+first+`"`)
	p.do(chromedp.KeyEvent("\x1b"))
	p.until("the table is closed", `!document.querySelector("#numbers").matches(":popover-open")`)
	closed := eval[string](p, `document.querySelector("#numbers tbody th").textContent`)
	seq := sockeye.connections("").Seq
	sockeye.await("", "eight more polls", func(e export) bool { return e.Seq >= seq+8 })
	if now := eval[string](p, `document.querySelector("#numbers tbody th").textContent`); now != closed {
		t.Errorf("the closed table was written at %s, after %s", now, closed)
	}
}

// TestChartsShareTheirMoment: the pointer over one chart tells the same moment in all of them.
func TestChartsShareTheirMoment(t *testing.T) {
	_, p := openCharts(t)
	r := p.place("#chart-bytes .plot")
	p.do(mouse(chromedp.MouseMoved, r.X+r.Width-3, r.Y+20), mouse(chromedp.MouseMoved, r.X+r.Width-2, r.Y+20))
	p.until("one moment in all charts", `(t => t.length === 3 && /^\d\d:\d\d:\d\d$/.test(t[0]) && t.every(x => x === t[0]))(
		[...document.querySelectorAll(".readout")].map(r => r.textContent.split(" ")[0]))`)
	p.until("its line in all charts", `(lines => lines.length === 3 && lines.every(l => !l.classList.contains("u-off") && l.style.transform === lines[1].style.transform && l.style.transform !== ""))(
		[...document.querySelectorAll(".u-cursor-x")])`)
	words := eval[string](p, `[...document.querySelectorAll(".readout")].map(r => r.textContent).join("|")`)
	for _, want := range []string{"sockets", "received ", "sent ", "opened ", "closed "} {
		if !strings.Contains(words, want) {
			t.Errorf("%q does not tell %q", words, want)
		}
	}
	p.do(mouse(chromedp.MouseMoved, 10, 10))
	p.until("nothing without the pointer", `[...document.querySelectorAll(".readout")].every(r => r.textContent === "")`)
}

// TestDrawTime: a span drawn over one chart is shown by all, stands in the URL, for others too, and is left again.
func TestDrawTime(t *testing.T) {
	sockeye, p := openCharts(t)
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "state:listen\r"))
	p.until("a filter", `location.search === "?state=LISTEN"`)
	p.drawOver("#chart-sockets .plot", 0.9, 0.99)
	p.until("the time in the URL", `/^\?state=LISTEN&from=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ&to=20\S+Z$/.test(location.search)`)
	p.until("the same time in all charts", `(a => a.length === 3 && /^\d\d:\d\d:\d\d \d\d:\d\d:\d\d$/.test(a[0]) && a.every(x => x === a[0]))(`+axes+`.split("|"))`)
	p.until("a way back", `!document.querySelector("#live").hidden`)
	drawn, shown := p.search(), eval[string](p, axes)

	other := newBrowser(t).tab()
	other.openLive(sockeye.url + "/" + drawn)
	other.until("the same for another viewer", axes+` === "`+shown+`"`)
	other.setScript(false)
	other.open(sockeye.url + "/" + drawn)
	other.until("and without a script", `document.querySelector("#when").textContent.startsWith("From ") && document.querySelectorAll("figure.chart polygon").length > 0 && !document.querySelector("#live").hidden`)

	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), " port:1\r"))
	p.until("another view keeps the time", `location.search.startsWith("?state=LISTEN&port=1&from=")`)
	p.do(chromedp.Click(chromedp.CSS("#live")))
	p.until("live again", `location.search === "?state=LISTEN&port=1" && document.querySelector("#live").hidden && `+axes+`.startsWith("5 min ago now|")`)
	eval[any](p, "history.back() ?? null")
	p.until("the browser's way back leads into that time", `location.search.includes("from=") && !document.querySelector("#live").hidden`)
}

// TestTimeByLinks: who cannot draw with a mouse gets to any time by links, and by keys.
func TestTimeByLinks(t *testing.T) {
	_, p := openCharts(t)
	length := `((q) => (Date.parse(q.get("to")) - Date.parse(q.get("from"))) / 1000)(new URLSearchParams(location.search))`
	p.do(chromedp.Click(chromedp.CSS(`a[data-period="closer"]`)))
	p.until("half the time", length+" === 150")
	p.do(chromedp.Click(chromedp.CSS(`a[data-period="wider"]`)))
	p.until("all of it", length+" === 300")
	at := p.search()
	p.do(chromedp.KeyEvent("["))
	p.until("an earlier time", `location.search !== "`+at+`" && `+length+` === 300`)
	p.do(chromedp.KeyEvent("l"))
	p.until("live", `location.search === ""`)
}

// TestOneChartOnAPhone: where there is room for one chart, a switch says which, with a script or without.
func TestOneChartOnAPhone(t *testing.T) {
	sockeye, p := openCharts(t)
	seen := `[...document.querySelectorAll("figure.chart")].filter(f => f.offsetWidth > 0).map(f => f.dataset.chart).join()`
	if all := eval[string](p, seen); all != "states,bytes,sockets" {
		t.Errorf("on a wide screen there is %s", all)
	}
	for _, script := range []bool{true, false} {
		p.setScreen(390, 844, "light")
		p.setScript(script)
		p.open(sockeye.url + "/")
		p.until("one chart", seen+` === "states"`)
		p.do(chromedp.Click(chromedp.CSS(`.unfold input`)), chromedp.Click(chromedp.CSS(`.switch label:nth-of-type(2)`)))
		p.until("the other chart", seen+` === "bytes"`)
		if script {
			p.until("a canvas that is as wide as its place", `(([c, p]) => c && Math.abs(c.clientWidth - p.clientWidth) < 2 && p.clientWidth > 300)(
				[document.querySelector("#chart-bytes canvas"), document.querySelector("#chart-bytes .plot")])`)
		}
		if w := eval[int](p, "document.documentElement.scrollWidth"); w > 390 {
			t.Errorf("script %v: the page is %d pixels wide", script, w)
		}
	}
}

// TestPicture: the charts can be saved as a PNG with what they are of.
func TestPicture(t *testing.T) {
	_, p := openCharts(t)
	eval[int](p, `(() => {
		const make = URL.createObjectURL.bind(URL);
		URL.createObjectURL = (blob) => { window.saved = blob; return make(blob); };
		CanvasRenderingContext2D.prototype.fillText = ((draw) => function (text, ...rest) {
			(window.texts ??= []).push(text);
			return draw.call(this, text, ...rest);
		})(CanvasRenderingContext2D.prototype.fillText);
		return 1;
	})()`)
	p.do(chromedp.Click(chromedp.CSS(`[data-do="picture"]`)))
	p.until("a picture", `window.saved?.type === "image/png"`)
	encoded := eval[string](p, `saved.arrayBuffer().then(b => btoa(String.fromCharCode(...new Uint8Array(b))))`)
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil || picture.Bounds().Dx() < 600 || picture.Bounds().Dy() < 300 {
		t.Fatalf("%v, %v", picture.Bounds(), err)
	}
	colors := map[string]bool{}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, g, b, _ := picture.At(x, y).RGBA()
			colors[fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)] = true
		}
	}
	if !colors["#1998f9"] { // the colour of established connections
		t.Error("the picture has no curve, or no legend")
	}
	texts := eval[string](p, `texts.join("\n")`)
	for _, want := range []string{"no filter", "Sockets by state", "TCP payload a second", "ESTABLISHED", "received", "closed", " – 20", "5 min ago to now"} {
		if !strings.Contains(texts, want) {
			t.Errorf("the picture does not say %q: %s", want, texts)
		}
	}
}

// TestSparkline: a row that has a cell for it gets a line of its bytes.
func TestSparkline(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.awaitRows("three rows", func(rows []row) bool { return len(rows) == 3 })
	eval[int](p, `(() => {
		for (const tr of document.querySelectorAll("#rows tr")) {
			const cell = tr.cells[0].appendChild(document.createElement("span"));
			cell.dataset.col = "spark";
			cell.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
		}
		return 1;
	})()`)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { // the other end reads nothing, so what fits into the buffers is sent
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := pair.client.Write(make([]byte, 100)); err != nil {
					return
				}
				_, _ = pair.server.Read(make([]byte, 1000))
			}
		}
	}()
	defer func() { close(stop); <-done }()
	p.until("a line that is not flat", `[...document.querySelectorAll('[data-col="spark"] path')].some(path =>
		/^M/.test(path.getAttribute("d")) && new Set(path.getAttribute("d").match(/ [\d.]+/g)).size > 1)`)
}

// TestExportsFollowTheView: what can be saved from the page is of the view that it shows.
func TestExportsFollowTheView(t *testing.T) {
	pair := openPair(t, 0)
	port := portOf(pair.listener)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "port:"+port+"\r"))
	p.until("the view", `location.search === "?port=`+port+`"`)
	p.drawOver("#chart .plot", 0.5, 0.9)
	p.until("a time", `location.search.includes("from=")`)
	for _, format := range []string{"csv", "json", "ndjson"} {
		href := eval[string](p, `document.querySelector('a[data-export="`+format+`"]').getAttribute("href")`)
		if want := "/connections." + format + "?port=" + port; href != want {
			t.Errorf("%s leads to %s, want %s", format, href, want)
		}
		if answer, body := sockeye.get(href); answer.StatusCode != http.StatusOK || strings.Count(body, port) < 3 {
			t.Errorf("%s: %s: %.200s", href, answer.Status, body)
		}
	}
	href := eval[string](p, `document.querySelector('a[data-history="csv"]').getAttribute("href")`)
	if answer, body := sockeye.get(href); answer.StatusCode != http.StatusOK || !strings.HasPrefix(body, "at,LISTEN,") || !strings.Contains(href, "from=") {
		t.Errorf("%s: %s: %.100s", href, answer.Status, body)
	}
}
