package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// guest is a program that came by a link through something that speaks for it, so that nobody takes it for the owner,
// whose user it runs as.
type guest struct {
	t      *testing.T
	url    string
	client *http.Client
}

// enter exchanges the secret of a link.
func enter(t *testing.T, link string, transport *http.Transport) *guest {
	t.Helper()
	base, secret, ok := strings.Cut(link, "#k=")
	u, err := url.Parse(base)
	if !ok || err != nil {
		t.Fatalf("the link is %q", link)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t: t, url: u.Scheme + "://" + u.Host, client: &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
	t.Cleanup(g.client.CloseIdleConnections)
	status, body := g.do(http.MethodPost, "/enter", url.Values{"k": {secret}})
	if status != http.StatusNoContent {
		t.Fatalf("enter by %s: %d %s", link, status, body)
	}
	return g
}

// do sends a request as a page of the same origin would, with a form where there is one.
func (g *guest) do(method, path string, form url.Values) (status int, body string) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		g.t.Fatal(err)
	}
	if form == nil {
		r.Body, r.ContentLength = nil, 0
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", g.url)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-Forwarded-For", "192.0.2.99")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return answered(g.t, g.client, r)
}

// TestShareDialog: the Share button opens a dialog that makes a link to the very view, shows it as a QR code, lists who
// came by it and sends them away.
func TestShareDialog(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?state=LISTEN&sort=-rxrate")
	p.do(chromedp.Click("#share"))
	p.until("the dialog", `document.querySelector("dialog.sharing form.ask")`)
	p.do(chromedp.Click(`dialog.sharing input[name=place][value=localhost]`), chromedp.Click("dialog.sharing form.ask button"))
	p.until("the link", `document.querySelector("dialog.sharing #link")`)
	link := eval[string](p, `document.getElementById("link").value`)
	if want := sockeye.url + "/?sort=-rxrate&state=LISTEN#k="; !strings.HasPrefix(link, want) && !strings.HasPrefix(link, sockeye.url+"/?state=LISTEN&sort=-rxrate#k=") {
		t.Errorf("the link is %q, want %s…", link, want)
	}
	if !eval[bool](p, `document.activeElement.id === "link" && document.querySelector("dialog.sharing svg.qr path").getAttribute("d").length > 500`) {
		t.Error("the link is not ready to be copied, or has no QR code")
	}
	g := enter(t, link, &http.Transport{})
	if status, _ := g.do(http.MethodGet, "/connections.json?state=LISTEN", nil); status != http.StatusOK {
		t.Errorf("a guest is answered %d", status)
	}
	p.until("the guest in the list", `document.querySelector("#share-list tr[data-visitor]")?.innerText.includes("127.0.0.1")`)
	p.do(chromedp.Click("#share-list tr[data-visitor] button"))
	p.until("nobody in the list", `!document.querySelector("#share-list tr[data-visitor]")`)
	if status, body := g.do(http.MethodGet, "/connections.json", nil); status != http.StatusUnauthorized || !strings.Contains(body, "ended your session") {
		t.Errorf("the guest that was sent away is answered %d %s", status, body)
	}
	p.do(chromedp.Click("#share-list form.stop button"))
	p.until("nothing is shared", `document.querySelector("#share-list").innerText.includes("Nothing is shared") && !document.querySelector("#made")`)
}

// TestShareWithoutScript: the page does what the dialog does, by forms alone.
func TestShareWithoutScript(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/?state=LISTEN")
	p.do(chromedp.Click("#share"), chromedp.WaitVisible("form.ask"))
	p.do(chromedp.Click(`input[name=place][value=localhost]`), chromedp.Click("form.ask button"), chromedp.WaitVisible("#link"))
	link, err := chromedp.Run(p.ctx, chromedp.AttributeValue("#link", "value"))
	if err != nil || !strings.HasPrefix(link.Value, sockeye.url+"/?state=LISTEN#k=") {
		t.Fatalf("the link is %+v, %v", link, err)
	}
	g := enter(t, link.Value, &http.Transport{})
	p.open(sockeye.url + "/share")
	p.do(chromedp.WaitVisible("tr[data-visitor] button"), chromedp.Click("tr[data-visitor] button"), chromedp.WaitNotPresent("tr[data-visitor]"))
	if status, _ := g.do(http.MethodGet, "/", nil); status != http.StatusUnauthorized {
		t.Errorf("the guest that was sent away is answered %d", status)
	}
	p.do(chromedp.Click("form.stop button"), chromedp.WaitNotPresent("form.stop"))
}

// TestSharePagesFit on a phone and in every scheme: nothing is wider than the screen.
func TestSharePagesFit(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.expect("status of 401")
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{"/", "/share?of=%2Fports%2F443"} {
			p.open(sockeye.url + path)
			if w := eval[int64](p, "document.documentElement.scrollWidth"); w > s.width {
				t.Errorf("%s at %d: the page is %d pixels wide", path, s.width, w)
			}
		}
		p.do(chromedp.Click(`input[name=place][value=localhost]`), chromedp.Click("form.ask button"))
		p.until("the link", `document.querySelector("#made svg")`)
		if w := eval[int64](p, "document.documentElement.scrollWidth"); w > s.width {
			t.Errorf("the link at %d: the page is %d pixels wide", s.width, w)
		}
	}
}

// ownersPost sends a form as the owner's page would.
func ownersPost(t *testing.T, base, path string, form url.Values) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", base)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sharePage returns the owner's page of sharing.
func (p *program) sharePage() string {
	p.t.Helper()
	_, body := p.get("/share")
	return body
}
