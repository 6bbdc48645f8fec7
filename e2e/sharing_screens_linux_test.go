package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"
)

// TestSharingScreenshots writes the pictures of docs/sharing.md, in namespaces of its own like TestScreenshots.
func TestSharingScreenshots(t *testing.T) {
	if !*update {
		t.Skip("screenshots are written with -update only")
	}
	chromium(t)
	if os.Getenv(sceneVariable) == "" {
		if os.Geteuid() != 0 {
			t.Skip("a network namespace needs root")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestSharingScreenshots$", "-test.v", "-update")
		cmd.Env = append(os.Environ(), sceneVariable+"=1")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS}
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return
	}
	command(t, "ip", "link", "set", "lo", "up")
	if err := unix.Sethostname([]byte("host-7")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	there := outside(t)
	sockeye := startOn(t, 8080)
	nginx := newActor(t, "nginx", "")
	nginx.tell("listen 0.0.0.0:443")
	visitors := newActor(t, "visitors", "", there...)
	for _, from := range []string{"198.51.100.7", "198.51.100.23", "203.0.113.41"} {
		visitors.tell("dial %s:0 192.0.2.10:443", from)
		nginx.tell("accept")
	}
	p := newBrowser(t).tab()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		p.openLive(sockeye.url + "/?port=443&sort=-age")
		p.do(chromedp.Click("#share"))
		p.until("the dialog", `document.querySelector("dialog.sharing form.ask")`)
		p.do(chromedp.Click("dialog.sharing form.ask button"))
		p.until("the link", `document.querySelector("dialog.sharing #link")`)
		link := eval[string](p, `document.getElementById("link").value`)
		g := enter(t, link, &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}})
		g.do(http.MethodGet, "/?port=443", nil)
		p.until("the guest in the list", `document.querySelector("#share-list tr[data-visitor]")`)
		p.shoot(fmt.Sprintf("share-%s-%d.png", s.scheme, s.width))
		p.do(chromedp.Click("#share-list form.stop button"))
		p.until("nothing is shared", `document.querySelector("#share-list").innerText.includes("Nothing is shared")`)
	}
}
