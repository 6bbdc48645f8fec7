package web

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// always returns a bind that gives the same for every place.
func always(v ports.Verdict, errno, reason string) func(uint16, string) []ports.Outcome {
	return func(uint16, string) []ports.Outcome {
		var all []ports.Outcome
		for _, place := range ports.Places(false) {
			for _, reuse := range [...]bool{false, true} {
				all = append(all, ports.Outcome{Place: place, Reuse: reuse, Verdict: v, Errno: errno, Reason: reason})
			}
		}
		return all
	}
}

// TestTry: a port is bound only where that is asked for; what came of it is told for a while, unless something
// changes, and is told as what it is.
func TestTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		binds := 0
		s := newPortSite(t, m, time.Second, func(port uint16, protocol string) []ports.Outcome {
			binds++
			return always(ports.Yes, "", "")(port, protocol)
		})
		expect := func(path, query, sentence, by string, n int) {
			t.Helper()
			var p portJSON
			w := ask(t, s, path, query)
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if p.Sentence != sentence || p.Protocols[0].CanBindBy != by || (p.Protocols[0].TriedAt != nil) != (by == "trial") || binds != n {
				t.Errorf("%s: got  %s\nwant %s\nby %s, %d binds", path, p.Sentence, sentence, p.Protocols[0].CanBindBy, binds)
			}
		}
		const seems = "6553/tcp seems free: no socket of this machine holds it."
		expect("/ports/6553/tcp.json", "", seems, "prediction", 0)
		expect("/ports/6553/tcp.json", "try=0", seems, "prediction", 0)
		expect("/ports/6553/tcp.json", "try=1", "6553/tcp is free: I just bound and released it on 0.0.0.0 and ::.", "trial", 1)
		time.Sleep(12 * time.Second)
		expect("/ports/6553/tcp.json", "", "6553/tcp is free: I bound and released it 12 s ago on 0.0.0.0 and ::.", "trial", 1)
		m.set(func(m *machine) { m.sockets[9] = tcp(9, poller.StateListen, "127.0.0.1:6553", nowhere, 1) })
		poll(t, s)
		expect("/ports/6553/tcp.json", "", "6553/tcp is held by nginx (PID 1) on loopback only, no clients.", "prediction", 1)
		expect("/ports/6554.json", "try=1", "Port 6554 is free for TCP and UDP: I just bound and released it on 0.0.0.0 and ::.", "trial", 3)
		time.Sleep(tryAge + time.Second)
		expect("/ports/6554/tcp.json", "", strings.ReplaceAll(seems, "6553", "6554"), "prediction", 3)
	})
}

// TestTryFindsWhatIsNotSeen: what is in use though no socket is seen is looked for once more, and called hidden then.
func TestTryFindsWhatIsNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newPortSite(t, m, time.Second, always(ports.No, "EADDRINUSE", "the address is in use"))
		sentence := func(port string) string {
			var p portJSON
			if err := json.Unmarshal(ask(t, s, "/ports/"+port+"/tcp.json", "try=1").Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			return p.Protocols[0].Situation + ": " + p.Sentence
		}
		if got := sentence("6553"); !strings.HasPrefix(got, "unseen: 6553/tcp cannot be bound everywhere, as it is in use (EADDRINUSE)") {
			t.Error(got)
		}
		poll(t, s)
		m.set(func(m *machine) { m.sockets[9] = tcp(9, poller.StateListen, "0.0.0.0:6554", nowhere, 1) })
		if got := sentence("6554"); got != "held: 6554/tcp is held by nginx (PID 1) on all IPv4 addresses, no clients." {
			t.Error(got)
		}
	})
}

// TestTryHasLimits: too many tries are refused with the time to wait, and pages of others cannot have ports bound.
func TestTryHasLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPortSite(t, office(), time.Second, always(ports.Yes, "", ""))
		try := func(path, from string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL = &url.URL{Path: path, RawQuery: "try=1"}
			if from != "" {
				r.Header.Set("Sec-Fetch-Site", from)
			}
			w := httptest.NewRecorder()
			handler(s).ServeHTTP(w, r)
			return w
		}
		for _, from := range []string{"cross-site", "same-site", "nonsense"} {
			if w := try("/ports/6553.json", from); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d", from, w.Code)
			}
			w := try("/ports/6553", from)
			if body := html.UnescapeString(w.Body.String()); w.Code != http.StatusForbidden || !strings.Contains(body, "nothing was bound") || !strings.Contains(body, "seems free") {
				t.Errorf("%s: %d %s", from, w.Code, body)
			}
		}
		for i := range tryBurst {
			if w := try("/ports/6553.json", []string{"", "none", "same-origin"}[i%3]); w.Code != http.StatusOK {
				t.Errorf("%d: %d", i, w.Code)
			}
		}
		if w := try("/ports/6553.json", ""); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "too often") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		if w := try("/ports/6553", ""); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "too often") {
			t.Errorf("%d", w.Code)
		}
		time.Sleep(tryEvery)
		if w := try("/ports/6553.json", ""); w.Code != http.StatusOK {
			t.Errorf("after a while: %d", w.Code)
		}
		if w := try("/ports/80,443", ""); w.Code != http.StatusBadRequest {
			t.Errorf("several: %d", w.Code)
		}
	})
}

// TestTriesAreBounded: results of many ports are not kept for ever.
func TestTriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPortSite(t, office(), time.Second, always(ports.Yes, "", ""))
		for port := range 3 * maxTries {
			time.Sleep(tryEvery)
			if w := ask(t, s, "/ports/"+strconv.Itoa(2000+port)+"/tcp.json", "try=1"); w.Code != http.StatusOK {
				t.Fatal(w.Code)
			}
		}
		if n := len(s.tries.last); n > maxTries {
			t.Errorf("%d results are kept", n)
		}
	})
}
