package e2e

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// stranger is a page whose requests say that they are for another, so that nobody takes it for the owner.
func (b *browser) stranger() *tab {
	b.t.Helper()
	p := b.tab()
	p.expect("status of 401")
	_, err := chromedp.Call(p.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"X-Forwarded-For": []byte(`"192.0.2.99"`)},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// linkTo has the owner make a link by the program alone.
func (p *program) linkTo(page string) string {
	p.t.Helper()
	g := &guest{t: p.t, url: p.url}
	return g.ownersLink(page)
}

// TestDoor: a stranger sees nothing but the door; the secret in the address opens it, leaves the address, and is not kept
// by the page; a wrong one is refused in words.
func TestDoor(t *testing.T) {
	sockeye := start(t)
	link := sockeye.linkTo("/?state=LISTEN")
	p := newBrowser(t).stranger()
	p.open(sockeye.url + "/?state=LISTEN")
	p.until("the door", `document.querySelector("#enter") && document.title === "sockeye"`)
	p.do(chromedp.SendKeys("#secret", "wrong"), chromedp.Click("#enter button"))
	p.until("the refusal", `document.querySelector("#reason").textContent.includes("not valid")`)
	p.openLive(link)
	secret := link[strings.Index(link, "#k=")+3:]
	kept := eval[string](p, `[location.href, document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.referrer, JSON.stringify(history.state), document.documentElement.outerHTML].join(" ")`)
	if strings.Contains(kept, secret) || strings.Contains(kept, "sockeye-"+itoa(sockeye.port)) {
		t.Errorf("the page keeps the secret, or scripts can read the cookie")
	}
	if strings.Contains(sockeye.log(), secret) {
		t.Error("the secret is in the log")
	}
	p.openLive(link) // once more: no further session is made
	if page := sockeye.sharePage(); strings.Count(page, "data-visitor=") != 1 {
		t.Errorf("%d visitors", strings.Count(page, "data-visitor="))
	}
}

// TestDoorWithoutScript: the link is pasted.
func TestDoorWithoutScript(t *testing.T) {
	sockeye := start(t)
	link := sockeye.linkTo("/")
	p := newBrowser(t).stranger()
	p.setScript(false)
	p.open(sockeye.url + "/ports?x=1")
	p.do(chromedp.WaitVisible("#enter"), chromedp.SendKeys("#secret", link), chromedp.Click("#enter button"), chromedp.WaitVisible(".guest"))
	at, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil || at != sockeye.url+"/ports?x=1" {
		t.Errorf("%s, %v", at, err)
	}
}

// ownersLink makes a link as the owner.
func (g *guest) ownersLink(page string) string {
	body := ownersPost(g.t, g.url, "/share", url.Values{"of": {page}, "place": {"localhost"}})
	_, rest, _ := strings.Cut(body, `id="link"`)
	_, rest, _ = strings.Cut(rest, `value="`)
	link, _, ok := strings.Cut(rest, `"`)
	if !ok {
		g.t.Fatalf("no link: %.500s", body)
	}
	return strings.ReplaceAll(link, "&amp;", "&")
}

// TestSharingAccessible: axe-core finds no violation at the door, on the sharing page and in its dialog.
func TestSharingAccessible(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	sockeye := start(t)
	link := sockeye.linkTo("/")
	b := newBrowser(t)
	p, door := b.tab(), b.stranger()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		door.setScreen(s.width, s.height, s.scheme)
		door.open(sockeye.url + "/")
		if door.do(chromedp.WaitReady("body")); eval[bool](door, `!!document.querySelector("#enter")`) {
			checkAccessible(t, door, string(axe))
		}
		door.openLive(link)
		checkAccessible(t, door, string(axe))
		p.openLive(sockeye.url + "/")
		p.do(chromedp.Click("#share"))
		p.until("the dialog", `document.querySelector("dialog.sharing form.ask")`)
		p.do(chromedp.Click(`dialog.sharing input[value=localhost]`), chromedp.Click("dialog.sharing form.ask button"))
		p.until("the link", `document.querySelector("dialog.sharing #link")`)
		checkAccessible(t, p, string(axe))
		p.open(sockeye.url + "/share")
		checkAccessible(t, p, string(axe))
	}
}
