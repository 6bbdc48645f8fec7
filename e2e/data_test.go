package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// connection is what the tests read of a connection in an export.
type connection struct {
	ID         string  `json:"id"`
	Protocol   string  `json:"protocol"`
	LocalPort  int     `json:"local_port"`
	RemotePort *int    `json:"remote_port"`
	State      string  `json:"state"`
	Pid        *int    `json:"pid"`
	Process    *string `json:"process"`
}

// export is what the tests read of /connections.json.
type export struct {
	Seq         uint64       `json:"seq"`
	Source      string       `json:"source"`
	Complete    bool         `json:"complete"`
	Total       int          `json:"total"`
	Matched     int          `json:"matched"`
	Connections []connection `json:"connections"`
}

// connections asks for the connections of a view, for example "port=443".
func (p *program) connections(view string) export {
	p.t.Helper()
	answer, body := p.get("/connections.json?" + view)
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("/connections.json?%s: %s: %s", view, answer.Status, body)
	}
	var e export
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		p.t.Fatalf("/connections.json?%s: %v", view, err)
	}
	return e
}

// await asks for a view until the answer is as wanted.
func (p *program) await(view, what string, wanted func(export) bool) export {
	p.t.Helper()
	var e export
	waitFor(p.t, what, func() bool {
		e = p.connections(view)
		return wanted(e)
	})
	return e
}

// waitFor asks again and again until holds, or fails the test.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		if holds() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// sentence reports whether s is one short sentence for a reader, not a page or a dump.
func sentence(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && len(s) < 400 && !strings.Contains(s, "\n") && !strings.Contains(s, "goroutine ")
}
