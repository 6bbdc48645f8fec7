package server

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestLog(t *testing.T) {
	var log logBuffer
	s := newTestServer(t, Config{Log: log.logger()}, testSite{}, defaultLimits)
	ask(s, request("GET", "/none%0alevel=ERROR%1b%5b2J?q=secret"))
	text := log.String()
	if !strings.Contains(text, "msg=request ") || !strings.Contains(text, "status=404") || !strings.Contains(text, "level=DEBUG") {
		t.Errorf("log: %s", text)
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "\nlevel=ERROR") || strings.Contains(text, "\x1b") {
		t.Errorf("log has the query, or can be forged: %q", text)
	}
	ask(s, request("GET", "/panic"))
	if !strings.Contains(log.String(), "status=500") {
		t.Errorf("no line for a panic: %s", log.String())
	}
}

func TestRareLog(t *testing.T) {
	var log logBuffer
	now := time.Unix(0, 0)
	l := newRareLog(log.logger())
	l.now = func() time.Time { return now }
	for range 5 {
		l.warn("refused")
	}
	now = now.Add(rareEvery)
	l.warn("refused", "peer", "x")
	if n := strings.Count(log.String(), "msg=refused"); n != 2 {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
	if !strings.Contains(log.String(), "left_out=4") {
		t.Errorf("the number left out is missing:\n%s", log.String())
	}
}

// A server without a log works.
func TestNoLog(t *testing.T) {
	s, err := newServer(Config{Listen: "localhost:0"}, testSite{}, openRules(testSite{}), defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if w := ask(s, request("GET", "/panic")); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}
