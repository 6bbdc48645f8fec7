package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// caddyGlobal keeps a Caddy to itself: to loopback and its own port, without a port of administration, and without the
// network. What it would keep for other runs is in its own folder.
const caddyGlobal = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n" +
	"\tservers {\n\t\tprotocols h1 h2\n\t}\n}\n"

// caddy starts Caddy with a configuration, and returns when it listens on the port.
func caddy(t *testing.T, server string, port int) {
	t.Helper()
	exe, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(caddyGlobal+server), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "PATH=" + dir}
	runs(t, cmd)
	awaitPort(t, port)
}

// awaitAnswer waits until the proxy answers: it listens before it has its certificate.
func (f *front) awaitAnswer() {
	f.t.Helper()
	waitFor(f.t, "an answer of "+f.base, func() bool {
		answer, err := f.client.Get(f.base + "/healthz")
		if err == nil {
			_ = answer.Body.Close()
		}
		return err == nil
	})
}

// aLink is the secret in the page that shows a link.
var aLink = regexp.MustCompile(`#k=([A-Za-z0-9_-]+)`)

// guest lets somebody in by a link that the owner, who has come through the proxy, makes there; the link leads to the proxy
// where that has TLS.
func (f *front) guest(place string) *front {
	f.t.Helper()
	owner := &visitor{f.t, f.base, f.client}
	status, page := owner.send("POST", "/share", url.Values{"of": {"/"}, "place": {place}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	found := aLink.FindStringSubmatch(page)
	if status != http.StatusOK || found == nil {
		f.t.Fatalf("no link: %d %.300s", status, page)
	}
	if place != "localhost" && !strings.Contains(page, "https://"+place) {
		f.t.Errorf("the link does not lead to %s", place)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	g := &front{f.t, f.base, &http.Client{Transport: f.client.Transport, Jar: jar, Timeout: patience}}
	if status := (&visitor{g.t, g.base, g.client}).enter(found[1]); status != http.StatusNoContent {
		f.t.Fatalf("the link is answered with %d", status)
	}
	return g
}

// roles expects that through the proxy nobody is the owner without the printed link, although the proxy runs as the user
// who runs sockeye, and that a guest is a viewer.
func (f *front) roles(p *program, name, place string) {
	f.t.Helper()
	if !strings.Contains(p.log(), "/#k=") {
		f.t.Fatal("no link is printed, so that nobody could get in through a proxy")
	}
	if status, _ := f.ask("/", name, ""); status != http.StatusUnauthorized {
		f.t.Errorf("without a link: %d", status)
	}
	f.enter(p, name)
	if status, _ := f.ask("/metrics", name, ""); status != http.StatusOK {
		f.t.Errorf("the owner's metrics: %d", status)
	}
	g := f.guest(place)
	for path, want := range map[string]int{"/": 200, "/connections.json": 200, "/metrics": 403, "/share": 403} {
		if status, _ := g.ask(path, name, ""); status != want {
			f.t.Errorf("%s for a guest: %d, want %d", path, status, want)
		}
	}
	if err := g.live(g.base); err != nil {
		f.t.Errorf("a guest's live view: %v", err)
	}
}

// TestCaddy: the configurations of docs/proxies.md, in Debian's Caddy in front of the program, plain and with TLS. Who
// comes through needs the link, although the proxy runs as the user who runs sockeye.
//
//attack:n7 Caddy's X-Forwarded-For is not read, and its readers are known by its own address
//attack:c4 through Caddy that ends TLS, Origins are compared with what the reader sees
//attack:c1 a name that Caddy is not told of gets nothing of sockeye
func TestCaddy(t *testing.T) {
	for _, tt := range []struct{ name, after, allow, scheme, place string }{
		{"plain", "## Caddy, plain", "box.test", "http", "localhost"},
		{"TLS", "## Caddy, with TLS", "https://box.test", "https", "box.test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := exec.LookPath("caddy"); err != nil {
				t.Skip("caddy is not installed")
			}
			sockeye, port := behind(t, tt.allow), freePort(t)
			server := strings.NewReplacer("127.0.0.1:8080", fmt.Sprintf("127.0.0.1:%d", sockeye.port),
				"box.lan {", fmt.Sprintf("box.test:%d {", port)).Replace(documented(t, tt.after, "caddyfile"))
			caddy(t, server, port)
			name := fmt.Sprintf("box.test:%d", port)
			f := newFront(t, tt.scheme+"://"+name, net.JoinHostPort("127.0.0.1", itoa(port)))
			f.awaitAnswer()
			f.roles(sockeye, name, tt.place)
			f.check(name)
			for _, evil := range []string{"evil.example", "localhost", "127.0.0.1:" + itoa(sockeye.port)} {
				if status, body := f.ask("/connections.json", evil, ""); body != "" {
					t.Errorf("by the name %s: %d %.200s", evil, status, body)
				}
			}
		})
	}
}
