package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestWatch: what a page must not do is noticed, or all other tests would mean less than they say.
func TestWatch(t *testing.T) {
	for name, tt := range map[string]struct{ policy, body, want string }{
		"console":   {"", `<script>console.error("oh no")</script>`, "oh no"},
		"exception": {"", `<script>undefined.x</script>`, "exception"},
		"rejection": {"", `<script>Promise.reject(new Error("broken promise"))</script>`, "broken promise"},
		"dialog":    {"", `<script>alert("gotcha")</script>`, "dialog: gotcha"},
		"policy":    {"default-src 'none'", `<script>alert(1)</script>`, "content security policy: script-src"},
		"missing":   {"", `<script src="/missing"></script>`, "404"},
		"nothing":   {"", `<p>fine</p>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Content-Security-Policy", tt.policy)
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, `<!doctype html><title>test</title><link rel="icon" href="data:,">`+tt.body)
			}))
			defer server.Close()
			p := newBrowser(t).tab()
			if tt.policy != "" {
				p.expect("Loading the image 'data:,' violates")
				p.expect("img-src")
			}
			p.open(server.URL)
			var seen []string
			if tt.want != "" {
				waitFor(t, "a complaint about "+tt.want, func() bool {
					seen = append(seen, p.unexpected()...)
					return slices.ContainsFunc(seen, func(c string) bool { return strings.Contains(c, tt.want) })
				})
				p.expect("") // what follows of the same is expected
			}
		})
	}
}
