package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestDoorListLives: /ports lists every open port; one that opens while the page is looked at comes in, marked as new,
// and what the reader has focused and unfolded stays.
func TestDoorListLives(t *testing.T) {
	first := listen(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/ports")
	p.until("the listener is listed", doorRow(portOf(first)))
	eval[any](p, doorRow(portOf(first))+`.querySelector("a").focus()`)
	second := listen(t, 0)
	p.until("the new listener is listed and marked", doorRow(portOf(second))+`?.classList.contains("new")`)
	if text := eval[string](p, doorRow(portOf(second))+`.innerText`); !strings.Contains(text, "new") || !strings.Contains(text, "loopback only") || !strings.Contains(text, "e2e.test") {
		t.Errorf("the row says %q", text)
	}
	if got := eval[string](p, `document.activeElement.getAttribute("href")`); got != "/ports/"+portOf(first)+"/tcp" {
		t.Errorf("the focus went to %q", got)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	p.until("the closed listener is gone", `!`+doorRow(portOf(second)))
}

// doorRow is an expression for the row of a port in the list of doors.
func doorRow(port string) string {
	return `[...document.querySelectorAll("#live tbody tr[id]")].find(tr => tr.querySelector('a[href="/ports/` + port + `/tcp"]'))`
}

// TestPortAnswerLives: the answer follows what happens to the port. What is unfolded stays unfolded.
func TestPortAnswerLives(t *testing.T) {
	port := freePort(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/ports/" + itoa(port) + "/tcp")
	sentence := func(part string) string {
		return `document.getElementById("answer").textContent.includes("` + part + `")`
	}
	p.until("it seems free", sentence("seems free"))
	p.do(chromedp.Click(chromedp.CSS("#ways-tcp summary")))
	l := listen(t, port)
	p.until("it is held", sentence("is held by e2e.test"))
	client, _ := connect(t, l)
	p.until("the client is there", `document.querySelector('#live tr[id="from-127.0.0.1"]')?.innerText.includes("e2e.test")`)
	if !eval[bool](p, `document.getElementById("ways-tcp").open`) {
		t.Error("what was unfolded is folded again")
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p.until("who had it before", `document.querySelector("#live .former")?.textContent.includes("e2e.test")`)
}

// TestTryButton: the port is bound when the button is pressed, and not when the page looks again; both are said.
func TestTryButton(t *testing.T) {
	port := freePort(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/ports/" + itoa(port))
	p.until("a prediction", `document.querySelector(".binding").textContent.includes("This is a prediction")`)
	p.do(chromedp.Click(chromedp.CSS(".binding button")))
	p.until("a trial", `location.search === "?try=1" && document.getElementById("answer").textContent.includes("just bound and released it on 0.0.0.0 and ::")`)
	p.until("the trial ages", `/bound and released it \d+ s ago/.test(document.getElementById("answer").textContent)`)
	if !eval[bool](p, `document.getElementById("ways-tcp").textContent.includes("This was tried.")`) {
		t.Error("it is not said that the port was tried")
	}
}

// TestPortFormSuggests: the form works without a script, knows ranges, and suggests open ports and services.
func TestPortFormSuggests(t *testing.T) {
	l := listen(t, 0)
	sockeye := start(t)
	for query, want := range map[string]string{"8000-8100": "/ports/8000-8100", ":443/udp": "/ports/443/udp", "postgresql": "/ports/5432", "80,443": "/ports/80,443"} {
		answer, _ := sockeye.get("/ports?q=" + query)
		if got := answer.Header.Get("Location"); answer.StatusCode != 303 || got != want {
			t.Errorf("%s: %s to %q", query, answer.Status, got)
		}
		if answer, body := sockeye.get(want); answer.StatusCode != 200 || !strings.Contains(body, `id="answer"`) {
			t.Errorf("%s: %s", want, answer.Status)
		}
	}
	_, body := sockeye.get("/ports")
	for _, option := range []string{portOf(l) + "/tcp", "postgresql", "https"} {
		if !strings.Contains(body, `<option value="`+option+`">`) {
			t.Errorf("%s is not suggested", option)
		}
	}
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/ports")
	p.do(chromedp.SendKeys(chromedp.CSS("#port"), "8000-8002\r"))
	p.until("the range", `location.pathname === "/ports/8000-8002" && document.querySelectorAll("#live tbody tr[id]").length > 0`)
}

// TestPortPagesFit: on a phone nothing is wider than the screen, on any page of ports.
func TestPortPagesFit(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScreen(390, 844, "light")
	for _, path := range []string{"/ports", "/ports/" + portOf(pair.listener), "/ports/" + portOf(pair.listener) + "?try=1", "/ports/1-65535", "/ports/conflicts"} {
		p.open(sockeye.url + path)
		eval[any](p, `document.querySelectorAll("details").forEach(d => { d.open = true; })`)
		if w := eval[int](p, "document.documentElement.scrollWidth"); w > 390 {
			t.Errorf("%s: the page is %d pixels wide", path, w)
		}
	}
}
