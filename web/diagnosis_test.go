package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"sockeye/diagnose"
	"sockeye/poller"
)

// TestDiagnosisSendsNothingUnasked: the page and its data say what they would do, and do it only when asked.
func TestDiagnosisSendsNothingUnasked(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for _, rawQuery := range []string{"", "target=example.org%3A443", "run=0"} {
		w := ask(t, s, "/diagnosis", rawQuery)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, "In the socket table") || strings.Contains(body, "The ladder") || !strings.Contains(body, "1.1.1.1") {
			t.Errorf("%q: %d, %s", rawQuery, w.Code, body)
		}
		var data struct {
			Findings []diagnose.Finding
			Report   *diagnose.Report
		}
		w = ask(t, s, "/diagnosis.json", rawQuery)
		if err := json.Unmarshal(w.Body.Bytes(), &data); err != nil || data.Report != nil || data.Findings == nil {
			t.Errorf("%q: %v, %s", rawQuery, err, w.Body)
		}
	}
	if w := ask(t, s, "/diagnosis", "target=example.org%3A443"); !strings.Contains(w.Body.String(), `value="example.org:443"`) {
		t.Error("the target is not in the form")
	}
}

func TestDiagnosisOfNonsense(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for _, target := range []string{"example.org", "a b:1", "<script>:1"} {
		w := ask(t, s, "/diagnosis", url.Values{"target": {target}, "run": {"1"}}.Encode())
		if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "The ladder") || strings.Contains(w.Body.String(), "<script>:") || !strings.Contains(w.Body.String(), "is not a host and a port") {
			t.Errorf("%q: %d, %s", target, w.Code, w.Body)
		}
		if w = ask(t, s, "/diagnosis.json", url.Values{"target": {target}}.Encode()); w.Code != http.StatusBadRequest {
			t.Errorf("%q as data: %d", target, w.Code)
		}
	}
}

// TestWantsRun: a link of another site starts nothing.
func TestWantsRun(t *testing.T) {
	for _, c := range []struct {
		method, query, site string
		want                bool
	}{
		{"POST", "", "", true}, {"GET", "run=1", "same-origin", true}, {"GET", "run=1", "none", true}, {"GET", "run=1", "", true},
		{"GET", "run=1", "cross-site", false}, {"GET", "run=1", "same-site", false}, {"GET", "", "same-origin", false}, {"GET", "run=2", "none", false},
	} {
		r := httptest.NewRequest(c.method, "/diagnosis?"+c.query, nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		s := newTestSite(t, office(), poller.MaxInterval)
		if got := wantsRun(handler(s).NewContext(r, httptest.NewRecorder())); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestOneDiagnosisAtATime: two would disturb each other.
func TestOneDiagnosisAtATime(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.doctor.busy.Lock()
	for _, path := range []string{"/diagnosis", "/diagnosis.json"} {
		if w := ask(t, s, path, "run=1"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestFindingsFollowTheTable: the rules hear of every poll.
func TestFindingsFollowTheTable(t *testing.T) {
	m := newMachine([]string{"<b>app</b>"})
	s := newTestSite(t, m, poller.MinInterval)
	if w := ask(t, s, "/diagnosis", ""); !strings.Contains(w.Body.String(), "Nothing is wrong in the socket table") {
		t.Errorf("%s", w.Body)
	}
	full := poller.Socket{ID: 77, Protocol: poller.TCP, Family: poller.IPv4, State: poller.StateListen, PID: 1, Known: poller.KnownQueues,
		Local: netip.MustParseAddrPort("192.0.2.1:8000"), Remote: netip.MustParseAddrPort("0.0.0.0:0"), ReceiveQueue: 5, SendQueue: 5}
	m.set(func(m *machine) { m.sockets[full.ID] = full })
	wait(t, func() bool {
		body := ask(t, s, "/diagnosis", "").Body.String()
		return strings.Contains(body, "&lt;b&gt;app&lt;/b&gt; (PID 1) does not accept connections fast enough") && strings.Contains(body, `href="/?state=LISTEN&amp;lip=192.0.2.1&amp;lport=8000&amp;rq=%3E%3D5"`)
	})
}
