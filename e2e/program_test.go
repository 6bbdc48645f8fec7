package e2e

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come; it bounds a failure and measures nothing.
const patience = 20 * time.Second

// program is a running sockeye.
type program struct {
	t    *testing.T
	port int
	url  string // without a slash at the end
	cmd  *exec.Cmd
	// logged is what it has written on standard error; reading is done when that is at its end.
	mu      sync.Mutex
	logged  strings.Builder
	reading sync.WaitGroup
	// secret makes get the owner by a link's secret where the program cannot know its peers' users; "" elsewhere.
	secret string
}

// start starts sockeye on a free port, with more arguments if wanted, and waits until it says its URL. It is stopped
// at the end of the test.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	return startOn(t, freePort(t), args...)
}

func startOn(t *testing.T, port int, args ...string) *program {
	t.Helper()
	listen := net.JoinHostPort("localhost", strconv.Itoa(port))
	return startCommand(t, port, exec.Command(sockeyeBinary, append([]string{"--listen", listen, "--interval", "250ms"}, args...)...))
}

// startCommand starts a command line of sockeye that listens on a port.
func startCommand(t *testing.T, port int, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, port: port, cmd: cmd}
	if p.cmd.Env == nil {
		p.cmd.Env = withoutSettings(os.Environ())
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	said := make(chan string, 1)
	p.reading.Go(func() { p.read(stderr, said) })
	select {
	case line := <-said:
		if line == "" {
			t.Fatalf("sockeye ended before it said its URL:\n%s", p.log())
		}
		p.url = "http://localhost:" + strconv.Itoa(port)
		if !strings.Contains(line, p.url) {
			t.Errorf("the line with the URL is %q, want %s in it", line, p.url)
		}
	case <-time.After(patience):
		t.Fatalf("sockeye did not say its URL:\n%s", p.log())
	}
	return p
}

// read keeps what the program writes, and sends the first line with a URL, or "" when there was none.
func (p *program) read(stderr io.Reader, said chan<- string) {
	defer close(said)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		p.mu.Lock()
		first := strings.Contains(lines.Text(), "http://") && !strings.Contains(p.logged.String(), "http://")
		p.logged.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if first {
			said <- lines.Text()
		}
	}
}

func (p *program) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logged.String()
}

// stop interrupts the program and expects that it ends with status 0. A second call does nothing.
func (p *program) stop() {
	p.t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Errorf("interrupt sockeye: %v", err)
	}
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	p.reading.Wait()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("sockeye after an interrupt: %v", err)
	}
	if p.t.Failed() {
		p.t.Logf("sockeye wrote:\n%s", p.log())
	}
}

// withoutSettings leaves out of an environment what would configure sockeye.
func withoutSettings(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "SOCKEYE_") })
}

// freePort returns a port that is free on both loopback addresses now.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		six, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(port)))
		if err == nil {
			err = six.Close()
		}
		if err := errors.Join(err, l.Close()); err == nil {
			return port
		}
	}
	t.Fatal("no port is free on both loopback addresses")
	return 0
}

// get asks the program for a path, follows no redirect, and returns the answer and its body.
func (p *program) get(path string, header ...string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.secret != "" {
		r.Header.Set("Authorization", "Bearer "+p.secret)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
	return answer, string(body)
}

// answered sends a request and returns the status and the body of the answer.
func answered(t *testing.T, client *http.Client, r *http.Request) (status int, body string) {
	t.Helper()
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
