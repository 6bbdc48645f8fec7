package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"nhooyr.io/websocket"

	"sockeye/poller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment is the variables that are set.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// TestSettings: a flag goes before the environment, the environment before the default.
func TestSettings(t *testing.T) {
	standard := settings{listen: "localhost:8080", interval: time.Second, source: poller.SourceAuto}
	with := func(change func(*settings)) settings {
		c := standard
		change(&c)
		return c
	}
	for _, test := range []struct {
		args string
		env  environment
		want settings
	}{
		{"", nil, standard},
		{"", environment{"SOCKEYE_NOTHING": "1", "LISTEN": ":1"}, standard},
		{"--listen :9000", environment{"SOCKEYE_LISTEN": ":9001"}, with(func(c *settings) { c.listen = ":9000" })},
		{"", environment{"SOCKEYE_LISTEN": ":9001"}, with(func(c *settings) { c.listen = ":9001" })},
		{"-interval=100ms", nil, with(func(c *settings) { c.interval = poller.MinInterval })},
		{"--interval 1s", environment{"SOCKEYE_INTERVAL": "5s"}, standard},
		{"", environment{"SOCKEYE_INTERVAL": "1m"}, with(func(c *settings) { c.interval = poller.MaxInterval })},
		{"--source gopsutil", environment{"SOCKEYE_SOURCE": "rubbish"}, with(func(c *settings) { c.source = poller.SourceGopsutil })},
		{"", environment{"SOCKEYE_SOURCE": "netlink"}, with(func(c *settings) { c.source = poller.SourceNetlink })},
		{"--allow-host a.example --allow-host b.example,c.example", environment{"SOCKEYE_ALLOW_HOST": "d.example"},
			with(func(c *settings) { c.allowHosts = []string{"a.example", "b.example", "c.example"} })},
		{"", environment{"SOCKEYE_ALLOW_HOST": "d.example,e.example"},
			with(func(c *settings) { c.allowHosts = []string{"d.example", "e.example"} })},
		{"--tls-cert c.pem", environment{"SOCKEYE_TLS_KEY": "k.pem"}, with(func(c *settings) { c.tlsCert, c.tlsKey = "c.pem", "k.pem" })},
		{"--share --share-addr 192.0.2.7", nil, with(func(c *settings) { c.share = shareSettings{on: true, addr: "192.0.2.7"} })},
		{"--share-http", environment{"SOCKEYE_TOKEN_FILE": "t", "SOCKEYE_SHARE_ADDR": "::1"},
			with(func(c *settings) { c.share = shareSettings{plain: true, addr: "::1", tokenFile: "t"} })},
		{"", environment{"SOCKEYE_SHARE": "true"}, with(func(c *settings) { c.share.on = true })},
		{"--allow-actions --audit-log a.log", nil, with(func(c *settings) { c.actions, c.auditLog = true, "a.log" })},
		{"", environment{"SOCKEYE_ALLOW_ACTIONS": "true"}, with(func(c *settings) { c.actions = true })},
		{"--user nobody", nil, with(func(c *settings) { c.user = "nobody" })},
		{"--version", nil, with(func(c *settings) { c.version = true })},
		{"--open", nil, with(func(c *settings) { c.open = true })},
		{"", environment{"SOCKEYE_SOURCE": "", "SOCKEYE_INTERVAL": ""}, standard}, // empty is not set
		{"", environment{"SOCKEYE_VERSION": "1.4.2"}, standard},                   // usual in images, and no flag
	} {
		got, err := parseSettings(strings.Fields(test.args), test.env.lookup, io.Discard)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(settings{}, shareSettings{})); err != nil || diff != "" {
			t.Errorf("%q with %v: %v (-want +got):\n%s", test.args, test.env, err, diff)
		}
	}
}

// TestBadUsage ends with 2 and one line that says what is wrong, behind it the way to the help; nothing is served.
func TestBadUsage(t *testing.T) {
	for _, test := range []struct {
		args string
		env  environment
		want string
	}{
		{"--bogus", nil, "flag provided but not defined: -bogus"},
		{"serve", nil, `unexpected argument "serve"`},
		{"--interval", nil, "flag needs an argument: -interval"},
		{"--interval 5", nil, `invalid value "5" for flag -interval: it must be 100ms to 1m`},
		{"--interval 99ms", nil, "100ms to 1m"},
		{"--interval 61s", nil, "100ms to 1m"},
		{"--interval -1s", nil, "100ms to 1m"},
		{"--source rubbish", nil, "source must be auto, netlink, iphlpapi or gopsutil"},
		{"--source fake", nil, "source must be"},
		{"--listen nonsense", nil, `listen address "nonsense"`},
		{"--listen 127.0.0.1:99999", nil, "listen"},
		{"--tls-cert only.pem", nil, "needed together"},
		{"--tls-cert no.pem --tls-key no.pem", nil, "no.pem"},
		{"--allow-host a/b", nil, "a/b"},
		{"--version=maybe", nil, "version"},
		{"--share-addr 192.0.2.7", nil, "of use with --share"},
		{"--share --share-addr 192.0.2.7", nil, `"192.0.2.7" is no address of this machine`},
		{"--share --share-addr evil.example", nil, "no address of this machine"},
		{"--token-file no.txt", nil, "no.txt"},
		{"--share --tls-cert only.pem", nil, "needed together"},
		{"", environment{"SOCKEYE_INTERVAL": "soon"}, `invalid value "soon" of SOCKEYE_INTERVAL: it must be 100ms to 1m`},
		{"", environment{"SOCKEYE_SOURCE": "rubbish"}, `of SOCKEYE_SOURCE: source must be`},
	} {
		var out, errs bytes.Buffer
		limited, end := context.WithTimeout(t.Context(), 10*time.Second) // what is served by mistake ends
		code := start(limited, strings.Fields("--listen=127.0.0.1:0 "+test.args), test.env.lookup, &out, &errs)
		end()
		line, rest, _ := strings.Cut(errs.String(), "\n")
		if code != exitUsage || !strings.HasPrefix(line, "sockeye: ") || !strings.Contains(line, test.want) ||
			rest != "sockeye --help lists the flags.\n" || out.Len() > 0 {
			t.Errorf("%q with %v: code %d, %q, %q", test.args, test.env, code, errs.String(), out.String())
		}
	}
}

// TestHelp names every flag and ends with 0, on standard output.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"--interval=2s", "--help", "rubbish"}} {
		var out, errs bytes.Buffer
		if code := start(t.Context(), args, environment{}.lookup, &out, &errs); code != exitOK || errs.Len() > 0 {
			t.Errorf("%v: code %d, %q", args, code, errs.String())
		}
		for _, name := range []string{"allow-host", "allow-actions", "audit-log", "interval", "listen", "open", "share", "share-addr", "share-http", "source", "tls-cert", "tls-key", "token-file", "user", "version", "SOCKEYE_ALLOW_HOST"} {
			if !strings.Contains(out.String(), name) {
				t.Errorf("%v: nothing of %s", args, name)
			}
		}
	}
	if _, err := parseSettings([]string{"--help"}, environment{}.lookup, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help is %v", err)
	}
}

// TestVersion is one line, and nothing is served.
func TestVersion(t *testing.T) {
	var out, errs bytes.Buffer
	code := start(t.Context(), []string{"--version"}, environment{}.lookup, &out, &errs)
	if code != exitOK || errs.Len() > 0 || !strings.HasPrefix(out.String(), "sockeye ") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("code %d, %q, %q", code, out.String(), errs.String())
	}
}

// lines is a standard error whose first line can be waited for.
type lines struct {
	mu    sync.Mutex
	text  bytes.Buffer
	first chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() == 0 {
		l.first <- string(p)
	}
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// program is sockeye as a whole, on a port of its own.
type program struct {
	url  string
	errs *lines
	stop context.CancelFunc
	code chan int
}

// begin starts the program and waits until it says where it is.
func begin(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &program{errs: &lines{first: make(chan string, 1)}, stop: stop, code: make(chan int, 1)}
	go func() {
		p.code <- start(ctx, append([]string{"--listen=127.0.0.1:0", "--interval=100ms"}, args...), environment{}.lookup, io.Discard, p.errs)
	}()
	select {
	case line := <-p.errs.first:
		p.url, _, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "sockeye: ")), "/#k=") // in a container there is a secret
	case code := <-p.code:
		stop()
		t.Fatalf("ended with %d: %s", code, p.errs)
	}
	t.Cleanup(stop)
	return p
}

// end stops the program and checks how it ended and what it said.
func (p *program) end(t *testing.T) {
	t.Helper()
	p.stop()
	if code := <-p.code; code != exitOK {
		t.Errorf("code %d", code)
	}
	if said := p.errs.String(); !strings.HasPrefix(said, "sockeye: "+p.url) || strings.Count(said, "\n") != 1 {
		t.Errorf("it said %q, want one line with %s", said, p.url)
	}
}

// get asks for a path and decodes the JSON that comes.
func (p *program) get(t *testing.T, path string, into any) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	res, err := client.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, res.Status, err)
	}
}

// listing is what the tests read of /connections.json.
type listing struct {
	Source      string
	Complete    bool
	Connections []struct {
		State string
		PID   int `json:"pid"`
	}
}

// TestProgram: it says where it is, shows its own listener, pushes to a viewer, and ends with 0 when told to, with
// the viewer still there.
func TestProgram(t *testing.T) {
	p := begin(t)
	if !strings.HasPrefix(p.url, "http://127.0.0.1:") || strings.HasSuffix(p.url, ":0") {
		t.Errorf("url %q", p.url)
	}
	port := p.url[strings.LastIndex(p.url, ":")+1:]
	var got listing
	p.get(t, "/connections.json?state=LISTEN&lport="+port, &got)
	if !got.Complete || len(got.Connections) != 1 || got.Connections[0].PID != os.Getpid() {
		t.Errorf("its own listener: %+v", got)
	}

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	conn, _, err := websocket.Dial(t.Context(), p.url+"/live?state=LISTEN&lport="+port, &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"Origin": {p.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, want := range []string{"hello", "snap", "delta", "delta"} {
		_, data, err := conn.Read(t.Context())
		if err != nil || !strings.HasPrefix(string(data), `{"t":"`+want+`"`) {
			t.Fatalf("%s, %v, want %s", data, err, want)
		}
	}
	p.stop()
	for err == nil {
		_, _, err = conn.Read(t.Context())
	}
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the viewer was left with %v", err)
	}
	p.end(t)
}

// TestGopsutil: the portable source serves the same, and the page is told which it is.
func TestGopsutil(t *testing.T) {
	p := begin(t, "--source", "gopsutil")
	var got listing
	p.get(t, "/connections.json?state=LISTEN&lport="+p.url[strings.LastIndex(p.url, ":")+1:], &got)
	if got.Source != "gopsutil" || !got.Complete || len(got.Connections) != 1 || got.Connections[0].PID != os.Getpid() {
		t.Errorf("%+v", got)
	}
	p.end(t)
}

// TestTakenPort ends with 1 and names who has the port: here this very process.
func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var errs bytes.Buffer
	code := start(t.Context(), []string{"--listen", l.Addr().String()}, environment{}.lookup, io.Discard, &errs)
	want := fmt.Sprintf("(PID %d)\n", os.Getpid())
	if code != exitFailure || !strings.HasPrefix(errs.String(), "sockeye: listen "+l.Addr().String()+": address already in use by ") ||
		!strings.HasSuffix(errs.String(), want) || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("code %d, %q", code, errs.String())
	}
}

// TestTwoErrorsAreBothTold keeps a usage error one, whatever else ends with it.
func TestTwoErrorsAreBothTold(t *testing.T) {
	var errs bytes.Buffer
	code := report(errors.Join(&usageError{errors.New("bad listen")}, errors.New("close failed")), &errs)
	if code != exitUsage || !strings.Contains(errs.String(), "bad listen") || !strings.Contains(errs.String(), "close failed") {
		t.Errorf("code %d, %q", code, errs.String())
	}
}
