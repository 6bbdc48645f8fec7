package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// startActing starts sockeye with actions allowed, and returns the path of its audit log.
func startActing(t *testing.T, args ...string) (*program, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	return start(t, append([]string{"--allow-actions", "--audit-log", path}, args...)...), path
}

// audited returns the steps and verbs in an audit log, as "intent close".
func audited(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var e struct{ Step, Verb string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, e.Step+" "+e.Verb)
	}
	return all
}

// victim starts a shell that a test ends; it runs a script first, says "ready" and waits. ended is closed when it has.
func victim(t *testing.T, script string) (pid int, ended chan struct{}) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	c := exec.Command(bash, "-c", script+"; echo ready; while :; do read -t 600 <> <(:); done")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, lines)
		_ = c.Wait()
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	return c.Process.Pid, ended
}

// confirm presses the button of the page that asks, once it is there.
func (p *tab) confirm() {
	p.t.Helper()
	p.until("the button is there", `(b => b && getComputedStyle(b).visibility === "visible")(document.querySelector(".confirm button"))`)
	time.Sleep(time.Second) // a reader takes longer; what comes sooner is refused
	p.do(chromedp.Click(chromedp.CSS(".confirm button")))
}

// heading is an expression: whether the heading of the page has a part.
func heading(part string) string {
	return `document.getElementById("answer")?.textContent.includes(` + "`" + part + "`" + `)`
}

// TestCloseJourney: a connection is found in the table, its page asks, it is closed, and its row goes.
func TestCloseJourney(t *testing.T) {
	pair := openPair(t, 0)
	sockeye, audit := startActing(t)
	id := sockeye.idOf(pair.client)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.do(chromedp.Click(chromedp.CSS(rowSelector(id) + ` [data-col="state"]`)))
	p.until("the button in the panel", `document.querySelector('#inspector #actions a[data-verb="close"]')`)
	p.do(chromedp.Click(chromedp.CSS(`#inspector #actions a[data-verb="close"]`)))
	p.until("the question", `location.pathname === "/connections/`+id+`/close" && `+heading("Close 127.0.0.1:"))
	text := eval[string](p, `document.querySelector("main").innerText`)
	for _, want := range []string{"ESTABLISHED", "e2e.test (PID " + itoa(os.Getpid()) + ")", "The other end is on this machine", portOf(pair.listener), id} {
		if !strings.Contains(text, want) {
			t.Errorf("the question does not say %q:\n%s", want, text)
		}
	}
	p.confirm()
	p.until("it is closed", heading("is closed."))
	if _, err := pair.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNABORTED) {
		t.Errorf("the owner reads %v", err)
	}
	if got := strings.Join(audited(t, audit), ", "); got != "intent close, result close" {
		t.Errorf("audit log: %s", got)
	}
	p.openLive(sockeye.url + "/?port=" + portOf(pair.listener))
	p.until("its row is gone", `!document.querySelector('`+rowSelector(id)+`') && document.querySelector("#rows tr")`)
}

// TestEndJourney: the PID in the table leads to the process, its page asks what hangs on it, it is ended and gone.
func TestEndJourney(t *testing.T) {
	l := listen(t, 0)
	pid, ended := victim(t, "exec 3<>/dev/tcp/127.0.0.1/"+portOf(l))
	sockeye, audit := startActing(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?pid=" + itoa(pid))
	p.until("the row with the link", `document.querySelector('#rows [data-col="pid"] a[href^="/processes/`+itoa(pid)+`"]')`)
	p.do(chromedp.Click(chromedp.CSS(`#rows [data-col="pid"] a`)))
	p.until("the process", `location.pathname === "/processes/`+itoa(pid)+`" && `+heading("bash (PID "+itoa(pid)))
	p.until("its connection", `document.getElementById("remote-127.0.0.1")?.innerText.includes("`+portOf(l)+`")`)
	p.do(chromedp.Click(chromedp.CSS(`#actions a[data-verb="terminate"]`)))
	p.until("the question", heading("End bash (PID "+itoa(pid)+")?"))
	text := eval[string](p, `document.querySelector("main").innerText`)
	for _, want := range []string{"SIGTERM", "Closes 1 connection with 1 address", "started 20"} {
		if !strings.Contains(text, want) {
			t.Errorf("the question does not say %q:\n%s", want, text)
		}
	}
	select {
	case <-ended:
		t.Fatal("it ended by being asked about")
	default:
	}
	p.confirm()
	p.until("it has ended", heading("has ended."))
	<-ended
	if got := strings.Join(audited(t, audit), ", "); got != "intent terminate, result terminate" {
		t.Errorf("audit log: %s", got)
	}
	p.expect("status of 4")
	p.open(sockeye.url + "/processes/" + itoa(pid))
	if text := eval[string](p, `document.getElementById("answer").textContent`); !strings.Contains(text, "There is no process") {
		t.Errorf("its page says %q", text)
	}
}

// TestKillJourney: without a script; a process that does not heed the first signal is offered to be killed, which is
// asked about once more.
func TestKillJourney(t *testing.T) {
	pid, ended := victim(t, "trap '' TERM")
	sockeye, audit := startActing(t)
	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/processes/" + itoa(pid))
	p.do(chromedp.Click(chromedp.CSS(`#actions a[data-verb="terminate"]`)))
	p.confirm()
	p.until("it is still there", heading("is still there after 5 seconds"))
	p.do(chromedp.Click(chromedp.CSS(`main .next a`)))
	p.until("the second question", heading("Kill bash (PID "+itoa(pid)+")?"))
	p.confirm()
	p.until("it has ended", heading("has ended."))
	<-ended
	if got := strings.Join(audited(t, audit), ", "); got != "intent terminate, result terminate, intent kill, result kill" {
		t.Errorf("audit log: %s", got)
	}
}

// TestDoubleClick (X6): two clicks have one effect, and who clicks sees it.
func TestDoubleClick(t *testing.T) {
	pair := openPair(t, 0)
	sockeye, audit := startActing(t)
	p := newBrowser(t).tab()
	p.expect("status of 409")
	id := sockeye.idOf(pair.client)
	p.open(sockeye.url + "/connections/" + id + "/close")
	time.Sleep(time.Second)
	eval[any](p, `(() => { const f = document.querySelector(".confirm"), b = f.querySelector("button"); f.target = "_blank"; b.click(); f.target = ""; b.click(); })()`)
	p.until("done once", heading("is closed."))
	waitFor(t, "the log has it", func() bool { return len(audited(t, audit)) >= 2 })
	if got := strings.Join(audited(t, audit), ", "); got != "intent close, result close" {
		t.Errorf("audit log: %s", got)
	}
}

// TestForeignPages (X7, C5): a page of another origin can neither act, nor frame the question, nor lead to one that can be
// confirmed.
func TestForeignPages(t *testing.T) {
	pair := openPair(t, 0)
	sockeye, audit := startActing(t)
	id := sockeye.idOf(pair.client)
	question := sockeye.url + "/connections/" + id + "/close"
	page := "<!doctype html><title>elsewhere</title><form method=post action='" + question + "'><input name=nonce value=x></form><a href='" + question + "'>go</a><iframe src='" + question + "'></iframe>"
	l := listen(t, 0)
	elsewhere := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	})}
	served := make(chan error, 1)
	go func() { served <- elsewhere.Serve(l) }()
	t.Cleanup(func() {
		_ = elsewhere.Close()
		<-served
	})
	p := newBrowser(t).tab()
	for _, text := range []string{"status of 4", "frame", "Framing", "X-Frame-Options", "ancestor"} {
		p.expect(text)
	}
	url := "http://localhost:" + portOf(l)
	p.open(url)
	if n := eval[int](p, `frames[0].length + (() => { try { return frames[0].document?.forms.length ?? 0 } catch { return 0 } })()`); n != 0 {
		t.Error("the question is framed")
	}
	p.do(chromedp.Click(chromedp.CSS("a")))
	p.until("nothing can be confirmed", heading("Another page led here")+` && !document.querySelector(".confirm")`)
	p.do(chromedp.Click(chromedp.CSS("main .next a")))
	p.until("here it can", `document.querySelector(".confirm")`)
	p.open(url)
	eval[any](p, `document.forms[0].submit()`)
	p.until("refused", `location.href === "`+question+`" && document.body.innerText.includes("did not come from a page of this sockeye")`)
	if got := audited(t, audit); len(got) > 0 {
		t.Errorf("audit log: %v", got)
	}
	if _, err := pair.client.Write([]byte("x")); err != nil {
		t.Errorf("the connection: %v", err)
	}
}

// post sends an order as data.
func (p *program) post(path, body string, header ...string) *http.Response {
	p.t.Helper()
	return postTo(p.t, p.url, path, body, header...)
}

// postTo is post by a URL of the server's.
func postTo(t *testing.T, url, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", url)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer
}

// order asks for a confirmation as data and returns the body that confirms it.
func (p *program) order(path string) string {
	p.t.Helper()
	answer, body := p.get(path)
	var q struct{ Order json.RawMessage }
	if err := json.Unmarshal([]byte(body), &q); err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s: %s", path, answer.Status, body)
	}
	return string(q.Order)
}

// TestActionRoutes (X1): without the flag there are none, and the pages say how to have them.
func TestActionRoutes(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t)
	id, pid := sockeye.idOf(pair.client), itoa(os.Getpid())
	for _, path := range []string{"/connections/" + id + "/close", "/processes/" + pid + "/end", "/processes/" + pid + "/kill"} {
		for _, ending := range []string{"", ".json"} {
			if answer, _ := sockeye.get(path + ending); answer.StatusCode != http.StatusNotFound {
				t.Errorf("GET %s: %s", path+ending, answer.Status)
			}
			if answer := sockeye.post(path+ending, "{}"); answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("POST %s: %s", path+ending, answer.Status)
			}
		}
	}
	for _, path := range []string{"/connections/" + id, "/processes/" + pid} {
		if _, body := sockeye.get(path); strings.Count(body, "--allow-actions") != 1 || strings.Contains(body, `data-verb`) {
			t.Errorf("%s does not say once, quietly, how actions are allowed", path)
		}
	}
}

// TestOnlyTheOwner (X2, C5): whoever is not the owner on loopback, or does not ask as our own pages do, gets nothing done.
func TestOnlyTheOwner(t *testing.T) {
	pair := openPair(t, 0)
	port := freePort(t)
	audit := filepath.Join(t.TempDir(), "audit.log")
	sockeye := startCommand(t, port, exec.Command(sockeyeBinary, "--listen", ":"+itoa(port), "--interval", "250ms", "--allow-actions", "--audit-log", audit))
	path := "/connections/" + sockeye.idOf(pair.client) + "/close.json"
	body := sockeye.order(path)
	time.Sleep(time.Second)
	for name, test := range map[string]struct {
		body   string
		header []string
		want   int
	}{
		"another origin":      {body, []string{"Origin", "http://evil.example"}, 403},
		"another port":        {body, []string{"Origin", "http://localhost:1"}, 403},
		"no origin":           {body, []string{"Origin", ""}, 403},
		"null":                {body, []string{"Origin", "null"}, 403},
		"same site":           {body, []string{"Sec-Fetch-Site", "same-site"}, 403},
		"text":                {body, []string{"Content-Type", "text/plain"}, 415},
		"a form":              {body, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"through a proxy":     {body, []string{"X-Forwarded-For", "127.0.0.1"}, 401}, // of whom nobody knows who it is
		"without a nonce":     {strings.Replace(body, `"nonce":"`, `"nonce":"X`, 1), nil, 409},
		"another cookie":      {strings.Replace(body, `"id":"`, `"id":"1`, 1), nil, 400},
		"another state":       {strings.Replace(body, "ESTABLISHED", "CLOSE_WAIT", 1), nil, 409},
		"nothing":             {"{}", nil, 400},
		"more than there is":  {strings.Replace(body, "{", `{"signal":9,`, 1), nil, 400},
		"no JSON":             {"nonce=x", nil, 400},
		"of another's family": {strings.Replace(body, "ipv4", "ipv6", 1), nil, 409},
	} {
		if answer := sockeye.post(path, test.body, test.header...); answer.StatusCode != test.want {
			t.Errorf("%s: %s, want %d", name, answer.Status, test.want)
		}
	}
	for _, address := range lanAddresses(t) {
		url := "http://" + net.JoinHostPort(address, itoa(port))
		if answer := postTo(t, url, path, body); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("POST by %s: %s", address, answer.Status)
		}
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusUnauthorized {
			t.Errorf("GET by %s: %s", address, r.Status)
		}
	}
	if os.Getuid() == 0 {
		asNobody(t, port, path, body)
	}
	if got := audited(t, audit); len(got) > 0 {
		t.Fatalf("audit log: %v", got)
	}
	if answer := sockeye.post(path, body); answer.StatusCode != http.StatusOK {
		t.Errorf("the owner: %s", answer.Status)
	}
	if _, err := pair.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNABORTED) {
		t.Errorf("the connection: %v", err)
	}
}

// lanAddresses returns the machine's addresses that are not loopback.
func lanAddresses(t *testing.T) (all []string) {
	t.Helper()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if ip := a.(*net.IPNet).IP; ip.IsGlobalUnicast() && ip.To4() != nil {
			all = append(all, ip.String())
		}
	}
	return all
}

// asNobody sends the order of the owner as another user of the machine.
func asNobody(t *testing.T, port int, path, body string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		return
	}
	host := "localhost:" + itoa(port)
	request := "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
	c := exec.Command(bash, "-c", `exec 3<>/dev/tcp/127.0.0.1/$0; printf %s "$1" >&3; head -n 1 <&3`, itoa(port), request)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	c.Dir = "/"
	out, err := c.Output()
	if err != nil || !strings.Contains(string(out), " 401 ") {
		t.Errorf("another user gets %q, %v", out, err)
	}
}

// TestNoAuditLog (X10): where the audit log cannot be written nothing is done, and everything else goes on.
func TestNoAuditLog(t *testing.T) {
	pair := openPair(t, 0)
	sockeye := start(t, "--allow-actions", "--audit-log", "/dev/full")
	path := "/connections/" + sockeye.idOf(pair.client) + "/close.json"
	body := sockeye.order(path)
	time.Sleep(time.Second)
	if answer := sockeye.post(path, body); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s", answer.Status)
	}
	if _, err := pair.client.Write([]byte("x")); err != nil {
		t.Errorf("the connection: %v", err)
	}
	if answer, _ := sockeye.get("/"); answer.StatusCode != http.StatusOK {
		t.Errorf("the table: %s", answer.Status)
	}
	if !strings.Contains(sockeye.log(), "nothing will be ended") {
		t.Errorf("at the start: %s", sockeye.log())
	}
}

// actionFlags allow actions.
func actionFlags(t *testing.T) []string {
	t.Helper()
	return []string{"--allow-actions", "--audit-log", filepath.Join(t.TempDir(), "audit.log")}
}
