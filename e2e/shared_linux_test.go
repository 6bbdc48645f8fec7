package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"
	"nhooyr.io/websocket"
)

// passPhrase stands in the command line of a process that viewers see.
const passPhrase = "hunter2-in-the-argv"

// theirs is the address of the host that is shared, in a network namespace of its own.
const theirs = "192.0.2.1"

// TestSharedView: two hosts, each a network namespace. sockeye shares on the one; Chromium on the other opens the link,
// sees the rows live, sees no command line, cannot act, and is cut when the owner sends it away.
func TestSharedView(t *testing.T) {
	chromium(t)
	if os.Getenv(sceneVariable) == "" {
		rerunInNamespace(t)
		return
	}
	command(t, "ip", "link", "set", "lo", "up")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	there := outside(t)
	host := startThere(t, there, "--share")
	waitFor(t, "the link and all about it", func() bool { return strings.Contains(host.log(), "ssh -L") })
	link := regexp.MustCompile(`https://192\.0\.2\.1:\d+/\S+`).FindString(host.log())
	secretive := newActor(t, "secretive", "", append(there, "sh", "-c", `exec "$0" --password=`+passPhrase)...)
	secretive.tell("listen 192.0.2.1:7000")

	b := newBrowser(t, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE "+theirs+", EXCLUDE 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors-spki-list", certificatePin(t, link, host.log())))
	p := b.tab()
	p.expect("status of 401")
	p.expect("status of 403")
	p.expect("status of 400")
	base, secret, _ := strings.Cut(link, "/#k=")
	p.open(base + "/?lport=7000&sort=-age#k=" + secret)
	p.awaitState("live")
	if at := eval[string](p, "location.href"); at != base+"/?lport=7000&sort=-age" && at != base+"/?sort=-age&lport=7000" {
		t.Errorf("the address is %s", at)
	}
	o := ownerThere(t, host, there)
	part := func(name string, run func(t *testing.T)) {
		t.Run(name, func(inner *testing.T) {
			b.t, p.t, o.t = inner, inner, inner
			defer func() { b.t, p.t, o.t = t, t, t }()
			run(inner)
		})
	}
	part("rows are live", func(t *testing.T) { sharedRowsAreLive(t, p, secretive) })
	part("command lines are hidden", func(t *testing.T) { nothingIsTold(t, p) })
	part("a viewer cannot act", func(t *testing.T) { viewerCannotAct(t, p) })
	part("the owner sees who looks", func(t *testing.T) { ownerSees(t, o, p) })
	part("a phone sees the same view", func(t *testing.T) { phoneSeesTheSame(t, b, o) })
	part("who is sent away is cut", func(t *testing.T) { sentAwayIsCut(t, o, p) })
	part("plain HTTP is said", func(t *testing.T) { plainIsSaid(t, b, o) })
}

// rerunInNamespace runs this test once more, in a network namespace of its own.
func rerunInNamespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprintf("-update=%v", *update))
	cmd.Env = append(os.Environ(), sceneVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// startThere starts sockeye in the other namespace.
func startThere(t *testing.T, there []string, args ...string) *program {
	t.Helper()
	port := freePort(t)
	line := append(there[1:len(there):len(there)], sockeyeBinary, "--listen", "localhost:"+strconv.Itoa(port), "--interval", "250ms")
	return startCommand(t, port, exec.Command(there[0], append(line, args...)...))
}

// certificatePin returns what Chromium knows the machine's certificate by, once its fingerprint is the printed one.
func certificatePin(t *testing.T, link, log string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true}) // it is compared below
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cert := c.ConnectionState().PeerCertificates[0]
	sum := sha256.Sum256(cert.Raw)
	if printed := strings.ReplaceAll(log, ":", ""); !strings.Contains(printed, strings.ToUpper(fmt.Sprintf("%x", sum))) {
		t.Errorf("the certificate %x is not the one that was printed:\n%s", sum, log)
	}
	if err := cert.VerifyHostname(theirs); err != nil {
		t.Error(err)
	}
	pin := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(pin[:])
}

// sharedRowsAreLive: what happens on the one host is seen on the other.
func sharedRowsAreLive(t *testing.T, p *tab, a *actor) {
	p.awaitRows("the listener", func(rows []row) bool { _, ok := find(rows, "LISTEN", "local", "7000"); return ok })
	c, err := net.Dial("tcp", theirs+":7000")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a.tell("accept")
	p.awaitRows("the connection", func(rows []row) bool { _, ok := find(rows, "ESTABLISHED", "local", "7000"); return ok })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p.awaitRows("its end", func(rows []row) bool { _, ok := find(rows, "CLOSE_WAIT", "local", "7000"); return ok })
	a.tell("close")
	if !eval[bool](p, `document.querySelector(".guest").innerText.includes("command lines") && !document.querySelector("#share")`) {
		t.Error("the page does not say that its reader is a guest, or offers to share")
	}
	if *update {
		for _, s := range []int{0, 2} {
			s := screens[s]
			p.setScreen(s.width, s.height, s.scheme)
			p.shoot(fmt.Sprintf("shared-%s-%d.png", s.scheme, s.width))
		}
		p.setScreen(1440, 900, "light")
	}
}

// everywhere are the addresses under which a process might be described, with %s for the ID of its listener.
var everywhere = []string{
	"/", "/?lport=7000", "/connections/%s", "/connections/%s?panel=1", "/connections/%s.json", "/connections.json", "/connections.csv",
	"/connections.ndjson", "/connections.json?n=1&names=1", "/ports", "/ports.json", "/ports/7000", "/ports/7000.json", "/ports/conflicts",
	"/ports/conflicts.json", "/processes", "/processes.json", "/platforms", "/network", "/network.json", "/diagnosis", "/diagnosis.json", "/history.json", "/history.csv",
	"/complete?q=proc%%3A", "/complete?q=hunter", "/?group=process", "/view?q=hunter2", "/states",
}

// nothingIsTold: no page and no data has the command line, and no filter finds it.
func nothingIsTold(t *testing.T, p *tab) {
	rows := p.rows()
	listener, ok := find(rows, "LISTEN", "local", "7000")
	if !ok {
		t.Fatal("no listener")
	}
	for _, path := range everywhere {
		if strings.Contains(path, "%s") {
			path = fmt.Sprintf(path, listener.ID)
		} else {
			path = strings.ReplaceAll(path, "%%", "%")
		}
		body := eval[string](p, fmt.Sprintf(`fetch(%q).then(async a => a.status + " " + await a.text())`, path))
		if !strings.HasPrefix(body, "200 ") {
			t.Errorf("%s: %.200s", path, body)
		}
		if strings.Contains(body, passPhrase) || strings.Contains(body, "--password") {
			t.Errorf("%s tells the command line", path)
		}
		if strings.HasPrefix(path, "/connections/") && !strings.Contains(body, "Hidden from those who look by a link") {
			t.Errorf("%s does not say that something is hidden", path)
		}
	}
	keys := eval[string](p, `fetch("/?lport=7000").then(a => a.text()).then(() => [...document.querySelectorAll("#keys dt code, #keys code")].map(c => c.textContent.split(":")[0]).join(" "))`)
	all := append(strings.Fields(keys), "proc", "user", "svc", "")
	slices.Sort(all)
	for _, key := range slices.Compact(all) { // each once: a visitor is bounded in how many views they may ask for
		if key = strings.TrimPrefix(key, "-"); strings.Trim(key, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		term := passPhrase
		if key != "" {
			term = key + ":" + passPhrase
		}
		body := eval[string](p, fmt.Sprintf(`fetch("/connections.json?q=" + encodeURIComponent(%q)).then(a => a.text())`, term))
		if !strings.Contains(body, `"matched":0`) && !strings.Contains(body, `"error"`) || strings.Contains(body, "too many views") {
			t.Errorf("%s finds: %.300s", term, body)
		}
	}
}

// viewerCannotAct: whatever changes something, and what is the owner's alone, is refused.
func viewerCannotAct(t *testing.T, p *tab) {
	for _, request := range []string{
		`"/share"`, `"/share", {method: "POST", body: "place=localhost"}`, `"/share/stop", {method: "POST"}`,
		`"/share/end", {method: "POST", body: "visitor=x"}`, `"/metrics"`, `"/ports/7000?try=1"`, `"/diagnosis?run=1"`,
		`"/diagnosis.json?run=1"`, `"/diagnosis", {method: "POST"}`,
	} {
		if status := eval[int](p, `fetch(`+request+`).then(a => a.status)`); status != http.StatusForbidden {
			t.Errorf("fetch(%s): %d", request, status)
		}
	}
}

// sharer speaks with the program from within its namespace, as its owner.
type sharer struct {
	*guest
	host *program
}

// ownerThere returns the owner in the other namespace.
func ownerThere(t *testing.T, host *program, there []string) *sharer {
	t.Helper()
	pid := there[2]
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialIn(ctx, pid, addr)
	}}
	g := &guest{t: t, url: host.url, client: &http.Client{Transport: transport, Timeout: patience}}
	t.Cleanup(g.client.CloseIdleConnections)
	return &sharer{guest: g, host: host}
}

// dialIn connects within the network namespace of a process. A socket stays in the namespace it was made in. The thread
// that went there ends with the goroutine.
func dialIn(ctx context.Context, pid, addr string) (net.Conn, error) {
	type result struct {
		c   net.Conn
		err error
	}
	done := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked
		ns, err := os.Open("/proc/" + pid + "/ns/net")
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{nil, err}
			return
		}
		to, err := net.ResolveTCPAddr("tcp4", addr)
		if err != nil {
			done <- result{nil, err}
			return
		}
		c, err := net.DialTCP("tcp4", nil, to) // to one address, so in this very thread
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		return r.c, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask is guest.do without what a proxy says.
func (o *sharer) ask(method, path string, form url.Values) (int, string) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, o.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", o.url)
	if form == nil {
		r.Body, r.ContentLength = nil, 0
	}
	res, err := o.client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	text := new(strings.Builder)
	if _, err := fmt.Fprint(text, readAll(o.t, res)); err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, text.String()
}

// visitors returns the IDs of those the owner sees, in order.
func (o *sharer) visitors() (ids []string, page string) {
	o.t.Helper()
	status, page := o.ask(http.MethodGet, "/share", nil)
	if status != http.StatusOK {
		o.t.Fatalf("the owner is answered %d: %.500s", status, page)
	}
	for _, m := range regexp.MustCompile(`data-visitor="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids, page
}

// ownerSees: the visitor's address and view are told.
func ownerSees(t *testing.T, o *sharer, p *tab) {
	p.openLive(eval[string](p, "location.origin") + "/?lport=7000&proto=tcp")
	waitFor(t, "the view in the list", func() bool {
		ids, page := o.visitors()
		return len(ids) == 1 && strings.Contains(page, "192.0.2.10") && strings.Contains(page, "lport=7000&amp;proto=tcp")
	})
	// The owner does see the command line.
	var id string
	for _, r := range p.rows() {
		if r.Cells["state"] == "LISTEN" {
			id = r.ID
		}
	}
	if status, body := o.ask(http.MethodGet, "/connections/"+id+".json", nil); status != http.StatusOK || !strings.Contains(body, passPhrase) {
		t.Errorf("the owner does not see the command line: %d %.300s", status, body)
	}
}

// invite has the owner make a link to a page.
func (o *sharer) invite(page, place, plain string) string {
	o.t.Helper()
	status, body := o.ask(http.MethodPost, "/share", url.Values{"of": {page}, "place": {place}, "plain": {plain}})
	m := regexp.MustCompile(`id="link"[^>]* value="([^"]+)"`).FindStringSubmatch(body)
	if status != http.StatusOK || m == nil {
		o.t.Fatalf("no link: %d %.800s", status, body)
	}
	return strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(m[1])
}

// phoneSeesTheSame: who scans the code of a view has its filter, order, columns and selection.
func phoneSeesTheSame(t *testing.T, b *browser, o *sharer) {
	link := o.invite("/?cols=local%2Cstate&lport=7000&sort=-state", theirs, "")
	phone := b.tab()
	phone.expect("status of 401")
	phone.setScreen(390, 844, "dark")
	phone.openLive(link)
	rows := phone.awaitRows("the listener", func(rows []row) bool { _, ok := find(rows, "LISTEN", "local", "7000"); return ok })
	if _, shown := rows[0].Cells["local"]; !shown || !strings.Contains(phone.search(), "cols=local") || !strings.Contains(phone.search(), "sort=-state") {
		t.Errorf("the phone shows %s: %v", phone.search(), rows[0])
	}
	if w := eval[int](phone, "document.documentElement.scrollWidth"); w > 390 {
		t.Errorf("the page is %d pixels wide", w)
	}
	if ids, _ := o.visitors(); len(ids) != 2 {
		t.Errorf("the owner sees %d visitors", len(ids))
	}
}

// cutTime is how long a visitor may go on to look once sent away.
const cutTime = time.Second

// sentAwayIsCut: the live connection ends with the code and the reason, in a second; the page says why; the cookie opens
// nothing any more, and the link nothing either.
func sentAwayIsCut(t *testing.T, o *sharer, p *tab) {
	g := enter(t, o.invite("/", theirs, ""), &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, strings.Replace(g.url, "https", "wss", 1)+"/live", &websocket.DialOptions{
		HTTPClient: g.client, HTTPHeader: http.Header{"Origin": {g.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	if _, _, err := ws.Read(ctx); err != nil {
		t.Fatal(err)
	}
	ids, _ := o.visitors()
	for _, id := range ids {
		if status, body := o.ask(http.MethodPost, "/share/end", url.Values{"visitor": {id}}); status != http.StatusOK {
			t.Errorf("send away: %d %.200s", status, body)
		}
	}
	within, stop := context.WithTimeout(t.Context(), cutTime)
	defer stop()
	for err == nil {
		_, _, err = ws.Read(within)
	}
	if code := websocket.CloseStatus(err); code != 4401 || !strings.Contains(err.Error(), "ended your session") {
		t.Errorf("the connection ends with %d, %v", code, err)
	}
	p.until("the reason", `document.querySelector("#reason")?.textContent.includes("has ended your session") && !document.querySelector("#rows")`)
	if status := eval[int](p, `fetch("/connections.json").then(a => a.status)`); status != http.StatusUnauthorized {
		t.Errorf("the cookie still opens the data: %d", status)
	}
	if *update {
		p.shoot("sent-away-light-1440.png")
	}
}

// plainIsSaid: a link over plain HTTP works, and the page says what that means.
func plainIsSaid(t *testing.T, b *browser, o *sharer) {
	link := o.invite("/", theirs, "1")
	if !strings.HasPrefix(link, "http://"+theirs) {
		t.Fatalf("the link is %q", link)
	}
	p := b.tab()
	p.expect("status of 401")
	p.expect("Cross-Origin-Opener-Policy header has been ignored") // Chromium's, of every page without TLS
	p.openLive(link)
	if text := eval[string](p, `document.querySelector(".guest").innerText`); !strings.Contains(text, "plain HTTP") {
		t.Errorf("the page says %q", text)
	}
	if status, _ := o.ask(http.MethodPost, "/share/stop", url.Values{}); status != http.StatusOK {
		t.Errorf("stop: %d", status)
	}
	p.until("the reason", `document.querySelector("#reason")?.textContent.includes("Sharing has been stopped")`)
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(strings.SplitN(link, "/#", 2)[0], "http://"), patience); err == nil {
		t.Error("the shared address still accepts")
	}
}

// readAll returns the body of an answer.
func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	b := new(strings.Builder)
	buffer := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return b.String()
		}
	}
}
