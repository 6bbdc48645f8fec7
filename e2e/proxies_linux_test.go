package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// front is a proxy or tunnel in front of sockeye, as its reader sees it.
type front struct {
	t      *testing.T
	base   string // the address in the address bar
	client *http.Client
}

// newFront reaches a name at an address of this machine. The certificate is not looked at.
func newFront(t *testing.T, base, address string) *front {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // it was made below
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &front{t, base, &http.Client{Transport: transport, Timeout: patience}}
}

// ask gets a path by a name of its own, with an Origin where that is not "".
func (f *front) ask(path, host, origin string) (status int, body string) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.base+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Host = host
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	return answered(f.t, f.client, r)
}

// live opens the live view with an Origin and waits for a second delta, so that what is between does not hold frames
// back.
func (f *front) live(origin string) error {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: f.client.Transport, Jar: f.client.Jar}, HTTPHeader: http.Header{"Origin": {origin}}}
	c, _, err := websocket.Dial(ctx, f.base+"/live", options)
	if err != nil {
		return err
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	for deltas := 0; deltas < 2; {
		_, data, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(data, []byte(`{"t":"delta"`)) {
			deltas++
		}
	}
	return nil
}

// enter takes the secret of the owner's link where the program has printed one: with --allow-host nobody is the owner
// for being on this machine.
func (f *front) enter(p *program, name string) {
	f.t.Helper()
	_, secret, ok := strings.Cut(p.log(), "/#k=")
	if !ok {
		return
	}
	if status, _ := f.ask("/connections.json", name, ""); status != http.StatusUnauthorized {
		f.t.Errorf("without the link's secret: %d", status)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.client.Jar = jar
	v := &visitor{f.t, f.base, f.client}
	if status := v.enter(strings.Fields(secret)[0]); status != http.StatusNoContent {
		f.t.Fatalf("the link's secret is answered with %d", status)
	}
}

// check expects that the page, the data and the live view come through, and that other names and origins do not.
func (f *front) check(name string) {
	f.t.Helper()
	if status, body := f.ask("/", name, ""); status != http.StatusOK || !strings.Contains(body, "<table") {
		f.t.Errorf("the page: %d %.200s", status, body)
	}
	if status, body := f.ask("/connections.json", name, f.base); status != http.StatusOK || !strings.Contains(body, `"connections"`) {
		f.t.Errorf("the data: %d %.200s", status, body)
	}
	if err := f.live(f.base); err != nil {
		f.t.Errorf("the live view: %v", err)
	}
	for _, origin := range []string{"http://evil.example", "null", strings.Replace(f.base, "://", "://evil.", 1)} {
		if f.live(origin) == nil {
			f.t.Errorf("the live view is open to %s", origin)
		}
		if status, _ := f.ask("/connections.json", name, origin); status != http.StatusForbidden {
			f.t.Errorf("the data for %s: %d", origin, status)
		}
	}
}

// certificate writes a certificate for box.test and its key, and returns their paths.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "box.test"}, DNSNames: []string{"box.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// documented returns a block of docs/proxies.md in a language, by the words before it.
func documented(t *testing.T, after, language string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), after)
	_, rest, ok2 := strings.Cut(rest, "```"+language+"\n")
	block, _, ok3 := strings.Cut(rest, "```")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("docs/proxies.md has no block after %q", after)
	}
	return block
}

// background starts a program that ends with the test, and returns it.
func background(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	return runs(t, exec.Command(name, args...))
}

// runs starts a command that ends with the test, and returns it. What it has written is told where the test fails.
func runs(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // how it ends is its own affair
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd.Path, out.String())
		}
	})
	return cmd
}

// awaitPort waits until somebody listens.
func awaitPort(t *testing.T, port int) {
	t.Helper()
	waitFor(t, "port "+itoa(port), func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", itoa(port)))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// behind starts sockeye to be called by a name, or leaves the test out where this sockeye cannot be told that a proxy
// ends TLS.
func behind(t *testing.T, name string) *program {
	t.Helper()
	cmd := exec.Command(sockeyeBinary, "--listen", "localhost:0", "--allow-host", name)
	cmd.Env = withoutSettings(os.Environ())
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(300*time.Millisecond, func() { _ = cmd.Process.Signal(os.Interrupt) })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil && strings.Contains(out.String(), "allowed host") {
		t.Skip("this sockeye does not know that a proxy ends TLS")
	}
	return start(t, "--allow-host", name)
}

// TestNginx: the configurations of docs/proxies.md, in Debian's nginx in front of the program, plain and with TLS. Who
// comes through needs the link, although the proxy runs as the user who runs sockeye.
//
//attack:n7 a proxy's readers are known by the proxy's own address
//attack:c4 through a proxy that ends TLS, Origins are compared with what the reader sees
func TestNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(nginx); err != nil {
		t.Skip("nginx is not installed")
	}
	for _, tt := range []struct{ name, after, allow, scheme string }{
		{"plain", "## nginx, plain", "box.test", "http"},
		{"TLS", "## nginx, with TLS", "https://box.test", "https"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sockeye := behind(t, tt.allow)
			dir, port := t.TempDir(), freePort(t)
			cert, key := certificate(t, dir)
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			server := strings.NewReplacer("127.0.0.1:8080", fmt.Sprintf("127.0.0.1:%d", sockeye.port), "listen 80;", fmt.Sprintf("listen 127.0.0.1:%d;", port),
				"listen 443 ssl;", fmt.Sprintf("listen 127.0.0.1:%d ssl;", port), "box.lan", "box.test",
				"/etc/ssl/certs/box.pem", cert, "/etc/ssl/private/box.key", key).Replace(documented(t, tt.after, "nginx"))
			config := filepath.Join(dir, "nginx.conf")
			text := fmt.Sprintf("daemon off; master_process off; pid %s/pid; error_log stderr; events {}\nhttp { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n%s}\n", dir, server)
			if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			background(t, nginx, "-c", config, "-p", dir, "-e", "stderr")
			awaitPort(t, port)
			f := newFront(t, fmt.Sprintf("%s://box.test:%d", tt.scheme, port), net.JoinHostPort("127.0.0.1", itoa(port)))
			f.enter(sockeye, fmt.Sprintf("box.test:%d", port))
			f.check(fmt.Sprintf("box.test:%d", port))
			if status, body := f.ask("/connections.json", "evil.example", ""); status != http.StatusMisdirectedRequest && status/100 != 4 || strings.Contains(body, `"connections"`) {
				t.Errorf("by another name: %d %.200s", status, body)
			}
		})
	}
}

// TestTunnel: ssh -L from another port of loopback, with Debian's sshd on loopback and keys of the test's own.
//
//attack:c1 localhost with another port, as a tunnel has it, is let in
func TestTunnel(t *testing.T) {
	sshd := "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil || os.Geteuid() != 0 {
		t.Skip("sshd is not installed, or this is not root")
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Skipf("sshd cannot be run: %v", err)
	}
	sockeye := start(t)
	dir, port, local := t.TempDir(), freePort(t), freePort(t)
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	background(t, sshd, "-D", "-e", "-f", "/dev/null", "-h", filepath.Join(dir, "host"), "-o", "ListenAddress=127.0.0.1", "-o", "Port="+itoa(port),
		"-o", "AuthorizedKeysFile="+filepath.Join(dir, "user.pub"), "-o", "StrictModes=no", "-o", "PidFile=none", "-o", "PermitRootLogin=yes", "-o", "UsePAM=no")
	awaitPort(t, port)
	background(t, "ssh", "-N", "-p", itoa(port), "-i", filepath.Join(dir, "user"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-F", "/dev/null", "-L", fmt.Sprintf("127.0.0.1:%d:localhost:%d", local, sockeye.port), "root@127.0.0.1")
	awaitPort(t, local)
	f := newFront(t, fmt.Sprintf("http://localhost:%d", local), net.JoinHostPort("127.0.0.1", itoa(local)))
	f.check(fmt.Sprintf("localhost:%d", local))
	if status, _ := f.ask("/", "evil.example", ""); status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", status)
	}
}
