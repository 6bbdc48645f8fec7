package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"nhooyr.io/websocket"
)

var updatePolicy = flag.Bool("update-policy", false, "write e2e/testdata/policy.txt")

// visitor is somebody who asks sockeye for pages: a user of this machine, with the cookies that were given to them.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

// dialAs connects as a user of this machine: a socket belongs to the file system user of the thread that makes it.
func dialAs(ctx context.Context, uid int, address string) (net.Conn, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer unix.RawSyscall(unix.SYS_SETFSUID, uintptr(os.Geteuid()), 0, 0)
	unix.RawSyscall(unix.SYS_SETFSUID, uintptr(uid), 0, 0)
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// visitorOf returns a visitor without cookies who connects to the program's port on 127.0.0.1.
func visitorOf(t *testing.T, p *program, uid int) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialAs(ctx, uid, net.JoinHostPort("127.0.0.1", itoa(p.port)))
	}}
	return &visitor{t, p.url, &http.Client{Transport: transport, Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send asks as a page of sockeye would, and returns the status.
func (v *visitor) send(method, path, body string, header ...string) (status int, answer string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for i, h := 0, append([]string{"Origin", v.base, "Sec-Fetch-Site", "same-origin"}, header...); i < len(h); i += 2 {
		r.Header.Set(h[i], h[i+1])
	}
	return answered(v.t, v.client, r)
}

// enter exchanges a secret for a session.
func (v *visitor) enter(secret string) (status int) {
	v.t.Helper()
	status, _ = v.send("POST", "/enter", url.Values{"k": {secret}}.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
	return status
}

// upgrade opens the live view and returns the status of the refusal, or 101.
func (v *visitor) upgrade() (c *websocket.Conn, status int) {
	v.t.Helper()
	c, res, err := websocket.Dial(v.t.Context(), v.base+"/live", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: v.client.Transport, Jar: v.client.Jar}, HTTPHeader: http.Header{"Origin": {v.base}}})
	if err != nil && res == nil {
		v.t.Fatal(err)
	}
	return c, res.StatusCode
}

// shares starts a sockeye that shares in a namespace of the test's own, and returns the secret of its link. Where this
// sockeye does not share, or the test is not in a namespace, ok is false.
func shares(t *testing.T, more ...string) (p *program, secret string, ok bool) {
	t.Helper()
	out, err := exec.Command(sockeyeBinary, "--help").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "-share-http") {
		t.Skip("this sockeye shares with nobody")
	}
	if !inNamespace(t, "192.0.2.1/24") {
		return nil, "", false
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	p = start(t, append([]string{"--share-http", "--share-addr", "192.0.2.1"}, more...)...)
	link := regexp.MustCompile(`http://192\.0\.2\.1:\d+/\S*#k=(\S+)`)
	waitFor(t, "the link", func() bool { return link.MatchString(p.log()) })
	return p, link.FindStringSubmatch(p.log())[1], true
}

// routeCall is where a route is added.
var routeCall = regexp.MustCompile(`\be\.(GET|POST|PUT|PATCH|DELETE|Any)\((?:static\.Prefix\+)?"([^"]*)"`)

// routesInCode returns the paths of all routes that the code adds, with a value for each parameter.
func routesInCode(t *testing.T) (paths []string) {
	t.Helper()
	files, err := filepath.Glob("../web/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range routeCall.FindAllStringSubmatch(string(code), -1) {
			path := strings.NewReplacer(":id", "1", ":pid", "1", "*", "443").Replace(m[2])
			if strings.Contains(m[0], "static.Prefix") {
				path = "/static/nothing.js"
			}
			paths = append(paths, path)
		}
	}
	if len(paths) < 20 {
		t.Fatalf("only %d routes were found in the code", len(paths))
	}
	slices.Sort(paths)
	return slices.Compact(append(paths, "/zz-no-such-page"))
}

// TestPolicyTable asks for every route that the code has, by every method, as every role, and compares the answers with
// the table that is checked in. A route that was added without being thought of changes the table. What would act is
// asked for with a body that is too long for it: 413 is to be let through.
//
//attack:a1 the whole table, testdata/policy.txt, over sockets of three users
//attack:x2 a viewer gets 403 for all that acts
func TestPolicyTable(t *testing.T) {
	sockeye, secret, ok := shares(t)
	if !ok {
		return
	}
	nobody, viewer, owner := visitorOf(t, sockeye, stranger), visitorOf(t, sockeye, stranger), visitorOf(t, sockeye, os.Geteuid())
	if status := viewer.enter(secret); status != http.StatusNoContent {
		t.Fatalf("the link is answered with %d", status)
	}
	var b strings.Builder
	long := "x=" + strings.Repeat("y", 20<<10)
	for _, path := range routesInCode(t) {
		fmt.Fprintf(&b, "%s\n", path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"} {
			body := long
			if method == "GET" || method == "HEAD" {
				body = ""
			}
			fmt.Fprintf(&b, "  %-8s", method)
			for _, v := range []*visitor{nobody, viewer, owner} {
				status, _ := v.send(method, path, body, "Content-Type", "application/x-www-form-urlencoded")
				fmt.Fprintf(&b, " %d", status)
			}
			b.WriteString("\n")
		}
	}
	const golden = "testdata/policy.txt"
	head := "# What nobody, a viewer and the owner are answered. Written by go test -run TestPolicyTable ./e2e -update-policy\n"
	if *updatePolicy {
		if err := os.WriteFile(golden, []byte(head+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != head+b.String() {
		t.Errorf("%v; the table is now\n%s", err, b.String())
	}
}

// TestCredentials: over a real socket, with real users of this machine, who is let in and who is not.
//
//attack:a2 401 before the upgrade without a session, 101 with one
//attack:a3 429 after ten wrong guesses; the owner and those who are in do not notice
//attack:a4 a preview that opens the link leaves it good
//attack:a5 not in the log after the line that tells the link, not in answers, not in the process list
//attack:a7 a viewer's cookie acts on nothing; the owner is none by a cookie of another
//attack:a8 a chosen cookie is nobody's; each exchange gives another
//attack:a10 another user of this machine gets 401, the owner needs nothing
func TestCredentials(t *testing.T) {
	sockeye, secret, ok := shares(t)
	if !ok {
		return
	}
	other, viewer, owner := visitorOf(t, sockeye, stranger), visitorOf(t, sockeye, stranger), visitorOf(t, sockeye, os.Geteuid())
	at := func(v *visitor, path string, want int) {
		t.Helper()
		if status, body := v.send("GET", path, ""); status != want {
			t.Errorf("%s: %d, want %d: %.200s", path, status, want, body)
		}
	}
	at(owner, "/connections.json", 200)
	at(other, "/connections.json", 401)
	if _, status := other.upgrade(); status != 401 {
		t.Errorf("upgrade by another user: %d", status)
	}
	other.send("GET", "/?state=LISTEN", "", "User-Agent", "preview bot") // a fragment never leaves the browser
	if status := viewer.enter(secret); status != 204 {
		t.Fatalf("the link after the preview: %d", status)
	}
	at(viewer, "/connections.json", 200)
	if c, status := viewer.upgrade(); status != 101 {
		t.Errorf("upgrade of a viewer: %d", status)
	} else {
		_ = c.CloseNow()
	}
	first := viewer.cookies()
	viewer.enter(secret)
	if again := viewer.cookies(); again == first || first == "" {
		t.Errorf("the cookie of the second exchange is %q, that of the first %q", again, first)
	}
	name, value, _ := strings.Cut(first, "=")
	for _, chosen := range []string{name + "=chosen-by-an-attacker-0123456789", name + "=" + value[:len(value)-1], name + "=", name + "=" + secret} {
		if status, _ := other.send("GET", "/connections.json", "", "Cookie", chosen); status != 401 {
			t.Errorf("the cookie %s: %d", chosen, status)
		}
	}
	for _, path := range []string{"/diagnosis", "/share", "/share/stop"} {
		if status, _ := viewer.send("POST", path, "", "Content-Type", "application/x-www-form-urlencoded"); status != 403 {
			t.Errorf("a viewer posts to %s: %d", path, status)
		}
	}
	_, rows := viewer.send("GET", "/connections.json", "")
	for where, text := range map[string]string{"the export": rows, "the log": strings.Replace(sockeye.log(), secret, "", 1)} {
		if strings.Contains(text, value) || where == "the export" && strings.Contains(text, secret) {
			t.Errorf("%s has a secret", where)
		}
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", sockeye.cmd.Process.Pid))
	if err != nil || strings.Contains(string(line), secret) {
		t.Errorf("the command line is %q, %v", line, err)
	}
	guesses := map[int]int{}
	for i := range 40 {
		guesses[other.enter(fmt.Sprintf("guess-number-%022d", i))]++
	}
	if guesses[204] > 0 || guesses[401] > 12 || guesses[429] < 28 {
		t.Errorf("forty guesses: %v", guesses)
	}
	at(owner, "/connections.json", 200)
	at(viewer, "/connections.json", 200)
}

// cookies returns what the visitor would send.
func (v *visitor) cookies() string {
	u, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(u) {
		return c.Name + "=" + c.Value
	}
	return ""
}

// TestSessionsEnd: the owner stops sharing while a viewer looks; and nothing survives a restart.
//
//attack:a6 the live view is closed, cookie and link are worth nothing
//attack:a9 cookie and link of the process before are worth nothing
func TestSessionsEnd(t *testing.T) {
	sockeye, secret, ok := shares(t)
	if !ok {
		return
	}
	viewer, owner := visitorOf(t, sockeye, stranger), visitorOf(t, sockeye, os.Geteuid())
	viewer.enter(secret)
	c, status := viewer.upgrade()
	if status != 101 {
		t.Fatalf("upgrade: %d", status)
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	if status, body := owner.send("POST", "/share/stop", "", "Content-Type", "application/x-www-form-urlencoded"); status >= 400 {
		t.Fatalf("stop: %d %.300s", status, body)
	}
	_, err := receive(t, c, "never")
	if got := websocket.CloseStatus(err); got != 4401 {
		t.Errorf("closed with %v, %v", got, err)
	}
	if status, _ := viewer.send("GET", "/connections.json", ""); status != 401 {
		t.Errorf("the cookie after the end: %d", status)
	}
	if status := viewer.enter(secret); status == 204 {
		t.Error("the link still lets in")
	}
	sockeye.stop()
	next := startOn(t, sockeye.port)
	old := &visitor{t, next.url, viewer.client}
	if status, _ := old.send("GET", "/connections.json", ""); status != 401 {
		t.Errorf("the cookie after a restart: %d", status)
	}
	if status := old.enter(secret); status == 204 {
		t.Error("the link lets in after a restart")
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		t.Errorf("%v", err)
	}
}
