package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"nhooyr.io/websocket"

	"sockeye/poller"
	"sockeye/server"
)

// house is a site behind the real server on loopback.
type house struct {
	*Site
	url    string // http://127.0.0.1:port
	client *http.Client
}

// ours has every connection come from the owner.
func ours(_, _ netip.AddrPort) (string, error) { return "me", nil }

// open serves a site of the machine until the test ends.
func open(t *testing.T, m *machine, interval time.Duration) *house {
	t.Helper()
	return serve(t, newTestSite(t, m, interval), server.Config{Listen: "127.0.0.1:0", UserOf: ours, Owners: []string{"me"}})
}

// serve serves a site until the test ends.
func serve(t *testing.T, s *Site, cfg server.Config) *house {
	t.Helper()
	srv, err := server.New(cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve() }()
	h := &house{Site: s, url: srv.URL(), client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		if err := errors.Join(srv.Close(), <-served); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return h
}

// get requests a path and returns the answer with its body.
func (h *house) get(t *testing.T, target string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// patience ends a test that would wait for ever. Nothing is measured by it.
const patience = time.Minute

// browser is a viewer over a real WebSocket.
type browser struct {
	*websocket.Conn
	client client
}

// dial upgrades; the answer is that of the refusal where there is one.
func (h *house) dial(t *testing.T, rawQuery string) (*browser, *http.Response, error) {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), h.url+"/live?"+rawQuery, &websocket.DialOptions{
		HTTPClient: h.client, HTTPHeader: http.Header{"Origin": {h.url}},
	})
	if err != nil {
		return nil, res, err
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() }) // it may be closed already
	return &browser{Conn: conn}, res, nil
}

// visit dials and takes hello and snap.
func (h *house) visit(t *testing.T, rawQuery string) *browser {
	t.Helper()
	b, _, err := h.dial(t, rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	if f := parseFrame(t, b.frame(t)); f.Type != "hello" {
		t.Fatalf("first frame: %s", f.Type)
	}
	b.next(t)
	return b
}

// frame reads one frame.
func (b *browser) frame(t *testing.T) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	kind, data, err := b.Read(ctx)
	if err != nil || kind != websocket.MessageText {
		t.Fatalf("read %v: %v", kind, err)
	}
	return data
}

// next takes the next frame of the table in.
func (b *browser) next(t *testing.T) {
	t.Helper()
	if b.client.apply(t, b.frame(t)) {
		t.Fatal("frames were left out")
	}
}

// say sends a message.
func (b *browser) say(t *testing.T, kind websocket.MessageType, message string) {
	t.Helper()
	if err := b.Write(t.Context(), kind, []byte(message)); err != nil {
		t.Logf("write: %v", err) // the server may have closed already
	}
}

// end reads until the connection ends, and returns how the server closed it.
func (b *browser) end(t *testing.T) (code websocket.StatusCode, reason string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, _, err := b.Read(ctx)
		var closed websocket.CloseError
		switch {
		case err == nil:
		case errors.As(err, &closed):
			return closed.Code, closed.Reason
		default:
			t.Logf("read: %v", err)
			return -1, err.Error()
		}
	}
}

// TestLive: over a real WebSocket a viewer sees the table, its changes, and other views.
func TestLive(t *testing.T) {
	m := office()
	h := open(t, m, poller.MinInterval)
	b := h.visit(t, "state=established")
	if len(b.client.shown.Rows) != 2 || b.client.Total != 5 {
		t.Errorf("at first: %+v", b.client.shown)
	}
	m.set(func(m *machine) {
		m.sockets[9] = tcp(9, poller.StateEstablished, "192.0.2.7:443", "198.51.100.10:50009", 1)
	})
	for b.client.Size.Matched != 3 {
		b.next(t)
	}
	b.say(t, websocket.MessageText, `{"t":"view","q":"proto=udp","offset":0,"limit":60}`)
	for b.client.Size.Matched != 1 {
		b.next(t)
	}
	if !strings.Contains(b.client.shown.Rows[0], `"127.0.0.53"`) {
		t.Errorf("row %s", b.client.shown.Rows[0])
	}
	m.set(func(m *machine) { m.failure = errors.New("dump refused") })
	for b.client.Stale == "" {
		b.next(t)
	}
	if !strings.Contains(b.client.Stale, "dump refused") || len(b.client.shown.Rows) != 1 {
		t.Errorf("after a failed poll: %+v", b.client.shown)
	}
}

// brokenMessages are what no page of ours sends, and the close code that docs/protocol.md has for it.
var brokenMessages = []struct {
	name    string
	kind    websocket.MessageType
	message string
	code    websocket.StatusCode
}{
	{"binary", websocket.MessageBinary, `{"t":"resync"}`, 1003},
	{"binary of many bytes", websocket.MessageBinary, strings.Repeat("x", maxMessage+1), 1003},
	{"not UTF-8", websocket.MessageText, "{\"t\":\"view\",\"q\":\"\xff\"}", 1007},
	{"half a character", websocket.MessageText, "\xc3", 1007},
	{"empty", websocket.MessageText, ``, 1008},
	{"no JSON", websocket.MessageText, `resync`, 1008},
	{"half an object", websocket.MessageText, `{"t":"resync"`, 1008},
	{"an array", websocket.MessageText, `["resync"]`, 1008},
	{"null", websocket.MessageText, `null`, 1008},
	{"no kind", websocket.MessageText, `{}`, 1008},
	{"unknown kind", websocket.MessageText, `{"t":"kill"}`, 1008},
	{"unknown member", websocket.MessageText, `{"t":"resync","pid":1}`, 1008},
	{"wrong type", websocket.MessageText, `{"t":"view","q":["state=LISTEN"]}`, 1008},
	{"a fraction", websocket.MessageText, `{"t":"view","q":"","offset":0.5,"limit":60}`, 1008},
	{"number beyond any", websocket.MessageText, `{"t":"view","q":"","offset":1e400,"limit":60}`, 1008},
	{"a member twice", websocket.MessageText, `{"t":"resync","t":"resync"}`, 1008},
	{"a member in two cases", websocket.MessageText, `{"t":"resync","T":"hold"}`, 1008},
	{"a member in another case", websocket.MessageText, `{"T":"resync"}`, 1008},
	{"a member twice, once written otherwise", websocket.MessageText, `{"t":"resync","\u0074":"hold"}`, 1008},
	{"a member that folds to one", websocket.MessageText, `{"t":"view","offſet":1}`, 1008},
	{"a member of null", websocket.MessageText, `{"t":"resync","q":null}`, 1008},
	{"a byte order mark", websocket.MessageText, "\ufeff" + `{"t":"resync"}`, 1008},
	{"trailing data", websocket.MessageText, `{"t":"resync"}{"t":"resync"}`, 1008},
	{"deep array", websocket.MessageText, `{"t":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, 1008},
	{"deep object", websocket.MessageText, strings.Repeat(`{"t":`, 600) + `1` + strings.Repeat("}", 600), 1008},
	{"too long", websocket.MessageText, fmt.Sprintf("%-*s", maxMessage+1, `{"t":"resync"}`), 1009},
}

// TestBrokenMessages end their own session with the code of the protocol, and nobody else's.
//
//attack:w6 1003 for binary, 1008 for the rest: deep, members twice or in another case, unknown, beyond any number
func TestBrokenMessages(t *testing.T) {
	h := open(t, office(), poller.MinInterval)
	other := h.visit(t, "")
	for _, test := range brokenMessages {
		t.Run(test.name, func(t *testing.T) {
			b := h.visit(t, "")
			b.say(t, test.kind, test.message)
			if code, reason := b.end(t); code != test.code {
				t.Errorf("closed with %d %q, want %d", code, reason, test.code)
			}
			other.next(t)
		})
	}
}

// TestLongestMessage is read; what is one byte longer is in brokenMessages.
func TestLongestMessage(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	b := h.visit(t, "")
	b.say(t, websocket.MessageText, fmt.Sprintf("%-*s", maxMessage, `{"t":"resync"}`))
	b.next(t)
}

// TestFlood: more messages at once than a second allows end the session, and nobody else's.
//
//attack:r5 closed with 1008 after 20 at once
func TestFlood(t *testing.T) {
	h := open(t, office(), poller.MinInterval)
	other, b := h.visit(t, ""), h.visit(t, "")
	for range 200 {
		b.say(t, websocket.MessageText, `{"t":"resync"}`)
	}
	if code, reason := b.end(t); code != 1008 || reason != "Too many messages." {
		t.Errorf("closed with %d %q", code, reason)
	}
	other.next(t)
}

// TestRefusedUpgrades are answered with a status and a sentence before the upgrade; no one is counted in for them.
func TestRefusedUpgrades(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"state=FOO": "unknown state", "port=99999": "port must be", "nokey=1": "unknown parameter",
		"offset=-1": "offset must be", "limit=201": "limit must be", "sort=weight": "unknown column",
	} {
		_, res, err := h.dial(t, rawQuery)
		if err == nil || res == nil || res.StatusCode != http.StatusBadRequest {
			t.Fatalf("%s: %v, %v", rawQuery, res, err)
		}
		_, body := h.get(t, "/live?"+rawQuery, "Connection", "Upgrade", "Upgrade", "websocket", "Origin", h.url)
		var problem struct{ Error string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil || !strings.Contains(problem.Error, want) {
			t.Errorf("%s: answered %q", rawQuery, body)
		}
	}
	if h.hub.viewers != 0 || len(h.hub.shelf.views) != 0 {
		t.Errorf("%d viewers, %d views", h.hub.viewers, len(h.hub.shelf.views))
	}
}

// TestNoUpgrade: who asks for /live without speaking WebSocket gets a whole answer, and no poll is made for it.
func TestNoUpgrade(t *testing.T) {
	m := office()
	h := open(t, m, poller.MaxInterval)
	for _, test := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"plain", nil, http.StatusUpgradeRequired},
		{"old version", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Origin", h.url,
			"Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}, http.StatusBadRequest},
		{"no key", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Origin", h.url,
			"Sec-WebSocket-Version", "13"}, http.StatusBadRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			res, body := h.get(t, "/live", test.headers...)
			if res.StatusCode != test.status || body == "" {
				t.Errorf("answered %d %q, want %d", res.StatusCode, body, test.status)
			}
			if test.status == http.StatusUpgradeRequired && (res.Header.Get("Upgrade") != "websocket" || m.polled() != 0) {
				t.Errorf("Upgrade %q, %d polls", res.Header.Get("Upgrade"), m.polled())
			}
		})
	}
}

// TestFullHouse: the 65th viewer is told when to come again, and there is room when one has left.
//
//attack:r2
func TestFullHouse(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	var all []*browser
	for range maxViewers {
		all = append(all, h.visit(t, ""))
	}
	_, res, err := h.dial(t, "")
	if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "10" {
		t.Fatalf("the 65th: %v, %v", res, err)
	}
	if maxViewers != 200 {
		t.Errorf("docs/protocol.md says 200 viewers, not %d", maxViewers)
	}
	for _, b := range all[:2] {
		if err := b.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wait(t, func() bool { return h.counted() < maxViewers })
	h.visit(t, "")
}

// counted returns how many viewers the hub has.
func (h *house) counted() int {
	h.hub.mu.Lock()
	defer h.hub.mu.Unlock()
	return h.hub.viewers
}

// wait returns when the condition holds.
func wait(t *testing.T, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !condition() {
		if ctx.Err() != nil {
			t.Fatal("the condition never held")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestComingAndGoing: two hundred visits, ended in every way, leave nothing behind.
//
//attack:r3 200 visits, ended in every way
func TestComingAndGoing(t *testing.T) {
	h := open(t, office(), poller.MinInterval)
	h.visit(t, "").CloseNow()
	wait(t, func() bool { return h.counted() == 0 })
	h.client.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	for i := range 200 {
		b, _, err := h.dial(t, fmt.Sprintf("offset=%d", i%3))
		if err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0:
			_ = b.CloseNow() // no goodbye; whether that fails is the browser's matter
		case 1:
			_ = b.Close(websocket.StatusNormalClosure, "")
		case 2:
			b.say(t, websocket.MessageText, "rubbish")
			b.end(t)
		case 3:
			b.frame(t)
			_ = b.CloseNow()
		}
	}
	wait(t, func() bool { return h.counted() == 0 })
	h.hub.mu.Lock()
	if len(h.hub.shelf.views) != 0 {
		t.Errorf("%d views stay", len(h.hub.shelf.views))
	}
	h.hub.mu.Unlock()
	h.client.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

// TestServerSaysGoodbye: when the server stops, a viewer is told with 1001 and may come back.
func TestServerSaysGoodbye(t *testing.T) {
	s := newTestSite(t, office(), poller.MinInterval)
	srv, err := server.New(server.Config{Listen: "127.0.0.1:0", UserOf: ours, Owners: []string{"me"}}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve() }()
	h := &house{Site: s, url: srv.URL(), client: &http.Client{Transport: &http.Transport{}}}
	defer h.client.CloseIdleConnections()
	b := h.visit(t, "")
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Shutdown(t.Context()) }()
	if code, reason := b.end(t); code != 1001 || reason == "" {
		t.Errorf("closed with %d %q", code, reason)
	}
	if err := errors.Join(<-stopped, <-served); err != nil {
		t.Error(err)
	}
}

// TestNoTableYet: where no poll has succeeded the viewer is let in, told why nothing is shown, and gets the rows as
// soon as there are any.
func TestNoTableYet(t *testing.T) {
	m := office()
	m.failure = errors.New("dump refused")
	h := open(t, m, poller.MinInterval)
	b := h.visit(t, "")
	if b.client.Stale == "" || b.client.Seq != 0 || len(b.client.shown.Rows) != 0 {
		t.Errorf("without a table: %+v", b.client.shown)
	}
	m.set(func(m *machine) { m.failure = nil })
	for b.client.Seq == 0 {
		b.next(t)
	}
	if len(b.client.shown.Rows) != 5 || b.client.Stale != "" {
		t.Errorf("with a table: %+v", b.client.shown)
	}
}
