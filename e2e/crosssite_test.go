package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// foreignPage tries by every means of a page to read from sockeye, or to have it do something. TARGET is its address. A
// value that says "got" is a success of the attacker.
const foreignPage = `<!doctype html><title>elsewhere</title><link rel="icon" href="data:,"><body><script>
const target = "TARGET";
const outcome = (make, ok, failed) => new Promise(done => {
	const e = make();
	e[ok] = () => done("got " + ok);
	e[failed] = () => done("refused");
	setTimeout(() => done("nothing"), 8000);
	if (e instanceof Element) document.body.append(e);
});
const element = (name, attributes) => () => Object.assign(document.createElement(name), attributes);
async function ask(path, options) {
	try {
		const answer = await fetch(target + path, options);
		if (answer.type === "opaque") return "opaque";
		return "got " + answer.status + " " + (await answer.text()).slice(0, 80);
	} catch {
		return "refused";
	}
}
async function attack() {
	const seen = {};
	for (const path of ["/", "/connections.json", "/connections.csv", "/metrics", "/healthz", "/history.json", "/nothing"]) {
		seen["fetch " + path] = await ask(path);
		seen["fetch with cookies " + path] = await ask(path, {credentials: "include"});
		seen["no-cors " + path] = await ask(path, {mode: "no-cors"});
		seen["script " + path] = await outcome(element("script", {src: target + path}), "onload", "onerror");
		seen["picture " + path] = await outcome(element("img", {src: target + path}), "onload", "onerror");
		seen["style " + path] = await outcome(element("link", {rel: "stylesheet", href: target + path}), "onload", "onerror");
	}
	for (const method of ["POST", "PUT", "PATCH", "DELETE", "FOO"]) {
		for (const type of ["text/plain", "application/json", "application/x-www-form-urlencoded"]) {
			seen[method + " " + type] = await ask("/diagnosis.json", {method, body: "{}", headers: {"Content-Type": type}});
		}
	}
	seen["POST no-cors"] = await ask("/diagnosis.json", {method: "POST", mode: "no-cors", body: "{}"});
	seen.beacon = navigator.sendBeacon(target + "/diagnosis.json", "{}") ? "sent" : "refused";
	seen.socket = await outcome(() => new WebSocket(target.replace("http", "ws") + "/live"), "onopen", "onerror");
	seen.events = await outcome(() => new EventSource(target + "/live"), "onopen", "onerror");
	return JSON.stringify(seen);
}
</script>`

// TestOtherSites: a page on another port of this very name, and one of another name, with all that Chromium lets them
// do. What is "opaque" was answered to nobody: the page cannot look into it, and what is refused there is seen by
// the gates' own tests.
//
//attack:c4 the browser of the reader, from another port and another name
//attack:c5 five methods, three types of body, no-cors, beacons and forms
//attack:c6 no script, picture, style or event stream is loaded; the page is not framed
//attack:c8 no answer can be read, with or without a preflight
func TestOtherSites(t *testing.T) {
	sockeye := start(t)
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		body := strings.ReplaceAll(foreignPage, "TARGET", sockeye.url)
		switch r.URL.Path {
		case "/frame":
			body = `<!doctype html><title>frame</title><link rel="icon" href="data:,"><iframe src="` + sockeye.url + `/"></iframe>`
		case "/form":
			body = `<!doctype html><title>form</title><link rel="icon" href="data:,"><form method="post" enctype="text/plain" action="` + sockeye.url + `/diagnosis"><input name="run" value="1"><button>Win a prize</button></form>`
		}
		_, _ = io.WriteString(w, body)
	}))
	defer foreign.Close()
	port := foreign.URL[strings.LastIndex(foreign.URL, ":"):]
	b := newBrowser(t, chromedp.Flag("disable-features", "LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,Translate"))
	for _, from := range []string{"http://localhost" + port, "http://127.0.0.1" + port} {
		p := b.tab()
		p.expect("")
		p.open(from + "/")
		var seen map[string]string
		if err := json.Unmarshal([]byte(eval[string](p, "attack()")), &seen); err != nil {
			t.Fatal(err)
		}
		if len(seen) < 60 {
			t.Errorf("from %s: only %d tries", from, len(seen))
		}
		for what, got := range seen {
			if got != "refused" && got != "opaque" && !(what == "beacon" && got == "sent") {
				t.Errorf("from %s: %s: %s", from, what, got)
			}
		}
		p.open(from + "/frame")
		if inside := p.framed(); !strings.HasPrefix(inside, "chrome-error:") {
			t.Errorf("from %s: the frame has %q", from, inside)
		}
		p.open(from + "/form")
		p.do(chromedp.Evaluate[chromedp.Void](`void document.querySelector("button").click()`))
		p.until("the form was answered", `location.pathname === "/diagnosis" && document.readyState === "complete"`)
		if text := eval[string](p, "document.body.innerText"); !strings.Contains(text, "did not come from a page of this sockeye") {
			t.Errorf("from %s: the form is answered with %.200q", from, text)
		}
	}
	if log := sockeye.log(); !strings.Contains(log, "origin refused") || strings.Contains(log, "panic") {
		t.Errorf("sockeye wrote:\n%s", log)
	}
}

// framed returns the address of what the first frame of the page shows.
func (p *tab) framed() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(tree.FrameTree.ChildFrames) == 0 { // a frame of another site is another target, and the same refusal
		return "chrome-error: elsewhere"
	}
	return tree.FrameTree.ChildFrames[0].Frame.URL
}
