package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"nhooyr.io/websocket"
)

func itoa(n int) string { return strconv.Itoa(n) }

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// TestBadRequests: each gets a status that says whose fault it is and one sentence, in the format asked for.
//
//attack:n4 on the program
func TestBadRequests(t *testing.T) {
	sockeye := start(t)
	for path, want := range map[string]int{ // 0 is any status from 400 to 499
		"/?prot=tcp":                        400,
		"/?port=99999":                      400,
		"/?port=-1":                         400,
		"/?state=FOO":                       400,
		"/?sort=nonsense":                   400,
		"/?ip=300.1.2.3":                    400,
		"/?q=%28":                           400,
		"/connections.json?prot=tcp":        400,
		"/connections.json?port=99999":      400,
		"/connections.csv?state=FOO":        400,
		"/connections.ndjson?state=FOO":     400,
		"/connections/xyz.json":             0,
		"/ports?q=no-such-service":          400,
		"/ports/99999":                      400,
		"/ports/99999.json":                 400,
		"/nothing":                          404,
		"/static/../main.go":                0,
		"/%2e%2e/go.mod":                    0,
		"/debug/pprof/":                     404,
		"/live":                             0,
		"/?q=" + strings.Repeat("a ", 1000): 400,
	} {
		answer, body := sockeye.get(path)
		shown := path[:min(len(path), 60)]
		if answer.StatusCode/100 != 4 || want != 0 && answer.StatusCode != want {
			t.Errorf("%s: %s, want %d", shown, answer.Status, want)
			continue
		}
		checkFormat(t, shown, answer, body)
	}
	if answer, _ := sockeye.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("health after all that: %s", answer.Status)
	}
}

// checkFormat checks that an error is told in the format that the path asks for.
func checkFormat(t *testing.T, path string, answer *http.Response, body string) {
	t.Helper()
	kind := answer.Header.Get("Content-Type")
	file, _, _ := strings.Cut(path, "?")
	switch {
	case strings.HasSuffix(file, ".json"), strings.HasSuffix(file, ".ndjson"):
		var e map[string]any
		if err := json.Unmarshal([]byte(body), &e); err != nil || !strings.Contains(kind, "json") {
			t.Errorf("%s: %s: not JSON: %.200s", path, kind, body)
			return
		}
		if text, ok := e["error"].(string); !ok || !sentence(text) {
			t.Errorf("%s: no sentence in \"error\": %.200s", path, body)
		}
	case strings.HasSuffix(file, ".csv"):
		if !strings.HasPrefix(kind, "text/") || !sentence(body) {
			t.Errorf("%s: %s: not one sentence: %.200s", path, kind, body)
		}
	default:
		if !strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "json") || strings.Contains(body, "goroutine ") {
			t.Errorf("%s: %s: %.200s", path, kind, body)
		}
	}
}

// TestHugeQuery: a query of a megabyte is refused, and the next request is answered.
//
//attack:j7
func TestHugeQuery(t *testing.T) {
	sockeye := start(t)
	answer, _ := sockeye.get("/?q=" + strings.Repeat("a", 1<<20))
	if answer.StatusCode/100 != 4 {
		t.Errorf("answered with %s", answer.Status)
	}
	if answer, _ := sockeye.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("health after it: %s", answer.Status)
	}
}

// TestGates: who is not of this machine's names, or another site, gets nothing.
//
//attack:c1 on the program
//attack:c4 on the program
func TestGates(t *testing.T) {
	sockeye := start(t)
	for _, path := range []string{"/", "/connections.json", "/healthz", "/ports/80", "/live", "/nothing"} {
		if answer, _ := sockeye.get(path, "Host", "evil.example"); answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s for another host: %s, want 421", path, answer.Status)
		}
	}
	for _, origin := range []string{"http://evil.example", "null", "https://localhost:" + itoa(sockeye.port), "http://localhost:1", ""} {
		options := &websocket.DialOptions{HTTPHeader: http.Header{}}
		if origin != "" {
			options.HTTPHeader.Set("Origin", origin)
		}
		c, answer, err := websocket.Dial(t.Context(), sockeye.url+"/live", options)
		if err == nil {
			_ = c.CloseNow()
			t.Errorf("origin %q: accepted", origin)
		} else if answer == nil || answer.StatusCode/100 != 4 {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
}

// dial opens the live socket as our own page would.
func dial(t *testing.T, sockeye *program, view string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, sockeye.url+"/live?"+view, &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {sockeye.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// receive returns the next message of a kind, or the error that ends the socket.
func receive(t *testing.T, c *websocket.Conn, kind string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, data, err := c.Read(ctx)
		if err != nil {
			return "", err
		}
		var m struct {
			T string `json:"t"`
		}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatalf("message %.200s: %v", data, err)
		}
		if m.T == kind {
			return string(data), nil
		}
	}
}

// TestBadMessages: a client that does not speak the protocol is closed with the code that docs/protocol.md gives, and
// nobody else notices.
func TestBadMessages(t *testing.T) {
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/")
	eval[int](p, "window.sameDocument = 1")
	many := make([]string, 200)
	for i := range many {
		many[i] = `{"t":"resync"}`
	}
	for name, tt := range map[string]struct {
		kind     websocket.MessageType
		messages []string
		want     websocket.StatusCode
	}{
		"not JSON":      {websocket.MessageText, []string{"hello"}, 1008},
		"unknown kind":  {websocket.MessageText, []string{`{"t":"kill"}`}, 1008},
		"unknown field": {websocket.MessageText, []string{`{"t":"resync","x":1}`}, 1008},
		"no kind":       {websocket.MessageText, []string{`{}`}, 1008},
		"an array":      {websocket.MessageText, []string{`[]`}, 1008},
		"deep":          {websocket.MessageText, []string{strings.Repeat("[", 2000)}, 1008},
		"binary":        {websocket.MessageBinary, []string{`{"t":"resync"}`}, 1003},
		"not UTF-8":     {websocket.MessageText, []string{"{\"t\":\"view\",\"q\":\"\xff\",\"offset\":0,\"limit\":60}"}, 1007},
		"too long":      {websocket.MessageText, []string{strings.Repeat(" ", 5000)}, 1009},
		"too many":      {websocket.MessageText, many, 1008},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, sockeye, "")
			if _, err := receive(t, c, "snap"); err != nil {
				t.Fatal(err)
			}
			for _, m := range tt.messages {
				if err := c.Write(t.Context(), tt.kind, []byte(m)); err != nil {
					break // it is closed; why is read below
				}
			}
			_, err := receive(t, c, "never")
			if got := websocket.CloseStatus(err); got != tt.want {
				t.Errorf("closed with %v (%v), want %d", got, err, tt.want)
			}
		})
	}
	seen := sockeye.connections("").Seq
	sockeye.await("", "the polls go on", func(e export) bool { return e.Seq > seen })
	p.awaitState("live")
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page of another viewer was loaded anew")
	}
}

// TestBadView: a view that cannot be read is answered with a sentence, and the view in force stays.
func TestBadView(t *testing.T) {
	sockeye := start(t)
	c := dial(t, sockeye, "state=LISTEN")
	if _, err := receive(t, c, "snap"); err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{
		`{"t":"view","q":"port=99999","offset":0,"limit":60}`,
		`{"t":"view","q":"prot=tcp","offset":0,"limit":60}`,
		`{"t":"view","q":"","offset":-1,"limit":60}`,
		`{"t":"view","q":"","offset":0,"limit":100000}`,
	} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		text, err := receive(t, c, "error")
		if err != nil {
			t.Fatalf("%s: %v", message, err)
		}
		var m struct{ Text string }
		if err := json.Unmarshal([]byte(text), &m); err != nil || !sentence(m.Text) {
			t.Errorf("%s is answered with %s", message, text)
		}
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte(`{"t":"resync"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t, c, "snap"); err != nil {
		t.Errorf("after the errors: %v", err)
	}
}
