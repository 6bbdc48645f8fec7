package e2e

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// port is a listener of the test with connections to it, which the test's process holds both ends of.
type port struct {
	t        *testing.T
	listener net.Listener
	clients  []net.Conn
	number   string
}

// openPort opens a listener and connects to it so many times.
func openPort(t *testing.T, connections int) *port {
	t.Helper()
	p := &port{t: t, listener: listen(t, 0)}
	p.number = portOf(p.listener)
	p.connect(connections)
	return p
}

func (p *port) connect(n int) {
	p.t.Helper()
	for range n {
		client, _ := connect(p.t, p.listener)
		p.clients = append(p.clients, client)
	}
}

// byLocal returns the client's end that has an address.
func (p *port) byLocal(address string) net.Conn {
	p.t.Helper()
	i := slices.IndexFunc(p.clients, func(c net.Conn) bool { return c.LocalAddr().String() == address })
	if i < 0 {
		p.t.Fatalf("nobody has %s", address)
	}
	return p.clients[i]
}

// reset closes a client's end and leaves nothing of the connection.
func (p *port) reset(i int) {
	p.t.Helper()
	if err := p.clients[i].(*net.TCPConn).SetLinger(0); err != nil {
		p.t.Fatal(err)
	}
	if err := p.clients[i].Close(); err != nil {
		p.t.Fatal(err)
	}
}

// keys are what tests press, as the browser names them.
var keys = map[string]int64{
	"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "PageDown": 34, "PageUp": 33,
	"Enter": 13, "Escape": 27, " ": 32, "Tab": 9, "s": 83, "p": 80, "/": 191, "j": 74,
}

// modifier is a key that is held while another is pressed, in the browser's numbers.
type modifier int64

const (
	withControl modifier = 2
	withShift   modifier = 8
)

// strike presses a key as a person does.
func (p *tab) strike(key string, with ...modifier) {
	p.t.Helper()
	code, known := keys[key]
	if !known {
		p.t.Fatalf("no key %q", key)
	}
	var held modifier
	for _, m := range with {
		held |= m
	}
	text := ""
	switch {
	case key == "Enter":
		text = "\r"
	case len(key) == 1:
		text = key
	}
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		e := input.DispatchKeyEventParams{Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: code, Modifiers: int64(held)}
		if kind == input.DispatchKeyEventTypeKeyDown {
			e.Text = text
		}
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

// inView is the identity of the row in the middle of the lower part of the screen, or "".
const inView = `(document.elementFromPoint(innerWidth / 2, innerHeight * 0.7)?.closest("tr[data-id]")?.dataset.id ?? "")`

// scroller is the element that scrolls the table.
const scroller = `(e => { while (e && e.scrollHeight <= e.clientHeight + 1) e = e.parentElement; return e ?? document.scrollingElement; })(document.querySelector("tbody#rows"))`

// spot is a point of the screen.
type spot struct{ X, Y float64 }

// middle returns the middle of the first element that a selector finds.
func (p *tab) middle(selector string) spot {
	p.t.Helper()
	return eval[spot](p, fmt.Sprintf(`(r => ({X: r.x + r.width / 2, Y: r.y + r.height / 2}))(document.querySelector(%q).getBoundingClientRect())`, selector))
}

// mouse sends what the mouse does at a point.
func (p *tab) mouse(kind input.DispatchMouseEventType, at spot) {
	p.t.Helper()
	e := input.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y}
	if kind != input.DispatchMouseEventTypeMouseMoved {
		e.Button, e.ClickCount = input.MouseButtonLeft, 1
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, e); err != nil {
		p.t.Fatal(err)
	}
}

// point moves the pointer to the middle of an element, and waits until the page knows.
func (p *tab) point(selector string) {
	p.t.Helper()
	p.mouse(input.DispatchMouseEventTypeMouseMoved, p.middle(selector))
	p.until("the pointer is over "+selector, fmt.Sprintf(`document.querySelector(%q).matches(":hover")`, selector))
}

// drag moves something by the pointer, in steps.
func (p *tab) drag(from, to spot) {
	p.t.Helper()
	p.mouse(input.DispatchMouseEventTypeMouseMoved, from)
	p.mouse(input.DispatchMouseEventTypeMousePressed, from)
	for i := range 5 {
		part := float64(i+1) / 5
		p.mouse(input.DispatchMouseEventTypeMouseMoved, spot{from.X + (to.X-from.X)*part, from.Y + (to.Y-from.Y)*part})
	}
	p.mouse(input.DispatchMouseEventTypeMouseReleased, to)
}

// top returns where a row begins on the screen, in whole pixels.
func (p *tab) top(id string) int {
	p.t.Helper()
	return eval[int](p, fmt.Sprintf(`Math.round(document.querySelector('tr[data-id=%q]')?.getBoundingClientRect().top ?? -9999)`, id))
}

// polled waits until the page has shown so many more polls.
func (p *tab) polled(s *program, n int) {
	p.t.Helper()
	before := s.polls()
	waitFor(p.t, "more polls", func() bool { return s.polls() >= before+n })
	eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

// openLiveOr goes to a URL and waits for a state.
func (p *tab) openLiveOr(url, state string) {
	p.t.Helper()
	p.open(url)
	p.awaitState(state)
}
