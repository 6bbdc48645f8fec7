package server

import (
	"net/http"
	"testing"

	"sockeye/access"
)

// TestTooManyViews: who came by a link and asks for views without end is told to wait; other pages of theirs, another
// visitor and the owner are not held back.
//
//attack:r5 429 for pages and exports
func TestTooManyViews(t *testing.T) {
	keeper := access.NewKeeper()
	t.Cleanup(keeper.Close)
	s, err := newServer(Config{Listen: "localhost:0", Keeper: keeper}, testSite{}, []Rule{
		{Method: "GET", Pattern: "/", Least: Viewer, View: true}, {Method: "GET", Pattern: "/ports/:port", Least: Viewer},
	}, defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	_, cookie := guest(t, keeper)
	_, other := guest(t, keeper)
	by := func(target, cookie string, owner bool) (int, http.Header) {
		w := ask(s, sentBy(request("GET", target, "Cookie", "sockeye-8080="+cookie), "127.0.0.1", owner))
		return w.Code, w.Header()
	}
	refused := 0
	for range 1000 {
		code, header := by("/?port=443", cookie, false)
		if code == http.StatusTooManyRequests {
			refused++
			if header.Get("Retry-After") != "1" {
				t.Fatal("no word of when to try again")
			}
		}
	}
	if refused < 500 {
		t.Errorf("%d of 1000 views at once were refused", refused)
	}
	if code, _ := by("/ports/443", cookie, false); code != http.StatusOK {
		t.Errorf("another page: %d", code)
	}
	if code, _ := by("/", other, false); code != http.StatusOK {
		t.Errorf("another visitor: %d", code)
	}
	for range 200 {
		if code, _ := by("/", "", true); code != http.StatusOK {
			t.Fatalf("the owner: %d", code)
		}
	}
}

// TestViewsArePaced: every page and all data that answer with rows of the table, and may be asked for by a link, count.
func TestViewsArePaced(t *testing.T) {
	paced := map[string]bool{}
	for _, r := range Policy() {
		if r.View && (r.Method != http.MethodGet || r.Least != Viewer) {
			t.Errorf("%s %s is no view of a viewer", r.Method, r.Pattern)
		}
		paced[r.Pattern] = r.View
	}
	for _, pattern := range []string{"/", "/view", "/complete", "/live", "/connections.json", "/connections.ndjson", "/connections.csv", "/connections/:id", "/history.json", "/processes", "/processes.json", "/ports/*"} {
		if !paced[pattern] {
			t.Errorf("%s is not counted", pattern)
		}
	}
}
