package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/access"
	"sockeye/actions"
	"sockeye/poller"
	"sockeye/processes"
)

// hand is a doer that does nothing but remember what it was asked for.
type hand struct {
	orders    []actions.Order
	refusal   error // of everything
	close_    actions.Ability
	stubborn  bool
	used      *actions.Outcome
	confirmed int
}

func (h *hand) Closing() actions.Ability { return h.close_ }
func (h *hand) Ending() actions.Ability  { return actions.Ability{Possible: true} }
func (h *hand) Identify(pid int32) (actions.Process, error) {
	if pid != 1 {
		return actions.Process{}, &actions.Refusal{Reason: actions.Changed, Text: "gone"}
	}
	return actions.Process{Boot: "b-1", PID: 1, Start: 1, Instance: 7, Name: "ng\ninx\xff\"<i>"}, nil
}
func (h *hand) Consider(actions.Verb, actions.Target) error { return h.refusal }
func (h *hand) Confirm(actions.Verb, actions.Target) (string, time.Time, error) {
	h.confirmed++
	return "NONCE", time.Now().Add(30 * time.Second), h.refusal
}
func (h *hand) Do(_ context.Context, o actions.Order) (actions.Outcome, *actions.Outcome, error) {
	h.orders = append(h.orders, o)
	return actions.Outcome{At: time.Now(), Gone: !h.stubborn}, h.used, h.refusal
}

// actingSite returns a site of the office where actions are allowed to everybody.
func actingSite(t *testing.T) (*Site, *hand) {
	t.Helper()
	s := newTestSite(t, office(), poller.MaxInterval)
	h := &hand{close_: actions.Ability{Possible: true}}
	s.process = readerOf(nginx())
	s.children = func(context.Context, int32) ([]processes.Parent, error) {
		return []processes.Parent{{PID: 90, Name: "worker"}, {PID: 91, Name: "<i>"}}, nil
	}
	s.actor = h
	return s, h
}

// post is what a page of ours would send.
func post(path, kind, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "http://localhost")
	return r
}

// send posts a body as a page of ours would, with more headers; "" takes one away.
func send(s *Site, path, kind, body string, header ...string) *httptest.ResponseRecorder {
	r := post(path, kind, body)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	return w
}

const (
	formKind = "application/x-www-form-urlencoded"
	jsonKind = "application/json"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// fieldsOf returns the form of a page that asks.
func fieldsOf(t *testing.T, body string) url.Values {
	t.Helper()
	fields := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(body, -1) {
		fields.Set(m[1], strings.NewReplacer("&#34;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&", "&#39;", "'").Replace(m[2]))
	}
	return fields
}

// TestNoActionRoutes (X1): without the flag there is nothing to ask and nothing to order.
func TestNoActionRoutes(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for _, path := range []string{"/connections/2/close", "/processes/1/end", "/processes/1/kill"} {
		for _, ending := range []string{"", ".json"} {
			if w := ask(t, s, path+ending, ""); w.Code != http.StatusNotFound {
				t.Errorf("GET %s: %d", path+ending, w.Code)
			}
			if w := send(s, path+ending, jsonKind, "{}"); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
				t.Errorf("POST %s: %d", path+ending, w.Code)
			}
		}
	}
}

// TestAskAndDo: the page names what ends and what hangs on it; its form, sent as it is, orders exactly that.
func TestAskAndDo(t *testing.T) {
	s, h := actingSite(t)
	for _, test := range []struct {
		path, query string
		verb        actions.Verb
		says        []string
		ended       string
	}{
		{"/connections/2/close", "", actions.Close, []string{"Close 192.0.2.7:443 – 198.51.100.9:50001?", "which belongs to nginx (PID 1)", "ECONNABORTED"}, "is closed."},
		{"/processes/1/end", "start=1", actions.Terminate, []string{"(PID 1)?", "SIGTERM", "of www-data", "Closes 1 connection with 1 address, and stops waiting on 443/tcp.", "2 children go on: worker (PID 90), &lt;i&gt; (PID 91)."}, "has ended."},
		{"/processes/1/kill", "", actions.Kill, []string{"SIGKILL", "save nothing"}, "has ended."},
	} {
		w := ask(t, s, test.path, test.query)
		body := w.Body.String()
		if w.Code != http.StatusOK || len(h.orders) != 0 || strings.Contains(body, "<i>") {
			t.Fatalf("%s: %d, %d orders", test.path, w.Code, len(h.orders))
		}
		for _, want := range append(test.says, `<meta name="referrer" content="same-origin">`, `method="post"`) {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", test.path, want)
			}
		}
		done := send(s, test.path, formKind, fieldsOf(t, body).Encode())
		if done.Code != http.StatusOK || !strings.Contains(done.Body.String(), test.ended) || len(h.orders) != 1 {
			t.Fatalf("%s: %d, %d orders: %s", test.path, done.Code, len(h.orders), done.Body)
		}
		var asked struct{ Order json.RawMessage }
		data := ask(t, s, test.path+".json", test.query)
		if err := json.Unmarshal(data.Body.Bytes(), &asked); err != nil {
			t.Fatalf("%s: %v", data.Body, err)
		}
		if done := send(s, test.path+".json", jsonKind, string(asked.Order)); done.Code != http.StatusOK || !strings.Contains(done.Body.String(), `"ended":true`) || len(h.orders) != 2 {
			t.Fatalf("%s.json: %d %s", test.path, done.Code, done.Body)
		}
		want := actions.Order{Verb: test.verb, Nonce: "NONCE", By: h.orders[0].By}
		if test.verb == actions.Close {
			want.Connection = actions.Connection{Cookie: 2, Local: netip.MustParseAddrPort("192.0.2.7:443"), Remote: netip.MustParseAddrPort("198.51.100.9:50001"), State: "ESTABLISHED"}
		} else {
			want.Process, _ = h.Identify(1)
		}
		for _, got := range h.orders {
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" || got.By.User != "1000" {
				t.Errorf("%s ordered (-want +got):\n%s", test.path, diff)
			}
		}
		h.orders = nil
	}
}

// TestOrdersOfOthers (X2, C5): what is not sent by our own page, in the one form there is, orders nothing; nor does who may
// not.
func TestOrdersOfOthers(t *testing.T) {
	s, h := actingSite(t)
	form := fieldsOf(t, ask(t, s, "/connections/2/close", "").Body.String())
	changed := func(name, value string) string {
		f := url.Values{}
		for k := range form {
			f.Set(k, form.Get(k))
		}
		f.Set(name, value)
		return f.Encode()
	}
	for name, test := range map[string]struct {
		kind, body string
		header     []string
		want       int
	}{
		"no origin":      {formKind, form.Encode(), []string{"Origin", ""}, 403},
		"null":           {formKind, form.Encode(), []string{"Origin", "null"}, 403},
		"another origin": {formKind, form.Encode(), []string{"Origin", "http://localhost.evil.example"}, 403},
		"another port":   {formKind, form.Encode(), []string{"Origin", "http://localhost:81"}, 403},
		"another scheme": {formKind, form.Encode(), []string{"Origin", "https://localhost"}, 403},
		"another site":   {formKind, form.Encode(), []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"text":           {"text/plain", form.Encode(), nil, 415},
		"no kind":        {"", form.Encode(), nil, 415},
		"data":           {jsonKind, form.Encode(), nil, 415},
		"a part":         {formKind, "nonce=NONCE", nil, 400},
		"another id":     {formKind, changed("id", "3"), nil, 400},
		"no address":     {formKind, changed("local", "x"), nil, 400},
		"no family":      {formKind, changed("family", "ipv5"), nil, 400},
		"long":           {formKind, changed("state", strings.Repeat("x", 5000)), nil, 400},
	} {
		if w := send(s, "/connections/2/close", test.kind, test.body, test.header...); w.Code != test.want || len(h.orders) > 0 {
			t.Errorf("%s: %d, %d orders", name, w.Code, len(h.orders))
		}
	}
	if w := send(s, "/connections/2/close?"+form.Encode(), formKind, "nonce=NONCE"); w.Code != 400 || len(h.orders) > 0 {
		t.Errorf("an order in the address: %d", w.Code)
	}
}

// TestWhoMayAct (X2): the owner whom the system itself tells may; a viewer may not, nor who came as the owner by a link.
func TestWhoMayAct(t *testing.T) {
	s, h := actingSite(t)
	form := fieldsOf(t, ask(t, s, "/connections/2/close", "").Body.String()).Encode()
	before := h.confirmed
	for name, caller := range map[string]access.Caller{
		"nobody": {}, "a viewer": {Role: access.Viewer}, "a viewer of this user": {Role: access.Viewer, User: "1000"}, "the owner's link": {Role: access.Owner},
	} {
		e := handlerFor(s, caller)
		for _, path := range []string{"/connections/2/close", "/processes/1/end", "/processes/1/kill"} {
			for _, r := range []*http.Request{
				httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRequest(http.MethodGet, path+".json", nil),
				post(path, formKind, form), post(path+".json", jsonKind, "{}"),
			} {
				w := httptest.NewRecorder()
				e.ServeHTTP(w, r)
				if body := w.Body.String(); w.Code != http.StatusForbidden || !strings.Contains(body, "by localhost") || strings.Contains(body, "198.51.100") {
					t.Errorf("%s: %s %s: %d", name, r.Method, path, w.Code)
				}
			}
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/connections/2", nil))
		if body := w.Body.String(); strings.Contains(body, "data-verb") || strings.Contains(body, "--allow-actions") {
			t.Errorf("%s: who may not is offered it", name)
		}
	}
	if h.confirmed != before || len(h.orders) > 0 {
		t.Error("something was confirmed or ordered")
	}
}

// TestLedHere (X7): on a page that another site opened nothing can be confirmed.
func TestLedHere(t *testing.T) {
	s, h := actingSite(t)
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 200, "none": 200} {
		for _, ending := range []string{"", ".json"} {
			r := httptest.NewRequest(http.MethodGet, "/processes/1/end"+ending, nil)
			r.Header.Set("Sec-Fetch-Site", site)
			w := httptest.NewRecorder()
			before := h.confirmed
			handler(s).ServeHTTP(w, r)
			if w.Code != want || strings.Contains(w.Body.String(), "NONCE") != (want == 200) || (h.confirmed > before) != (want == 200) {
				t.Errorf("%s%s: %d", site, ending, w.Code)
			}
		}
	}
}

// TestRefusalsAreSaid: each with its status, on the page and as data, with what to do.
func TestRefusalsAreSaid(t *testing.T) {
	s, h := actingSite(t)
	form := fieldsOf(t, ask(t, s, "/connections/2/close", "").Body.String()).Encode()
	for reason, status := range map[actions.Reason]int{
		actions.Unsupported: 501, actions.Denied: 403, actions.NotPermitted: 403, actions.Changed: 409, actions.Unconfirmed: 409,
		actions.TooOften: 429, actions.Unlogged: 503, actions.Failed: 500,
	} {
		h.refusal = &actions.Refusal{Reason: reason, Text: "Because.", How: "Do so.", Cause: errors.New("secret")}
		for _, w := range []*httptest.ResponseRecorder{send(s, "/connections/2/close", formKind, form), ask(t, s, "/connections/2/close", ""), ask(t, s, "/connections/2/close.json", "")} {
			if body := w.Body.String(); w.Code != status || !strings.Contains(body, "Because.") || !strings.Contains(body, "Do so.") || strings.Contains(body, "secret") || strings.Contains(body, `class="confirm"`) {
				t.Errorf("reason %d: %d", reason, w.Code)
			}
		}
	}
	h.used = &actions.Outcome{At: time.Now(), Gone: true}
	if w := send(s, "/connections/2/close", formKind, form); w.Code != 409 || !strings.Contains(w.Body.String(), "is closed.") || !strings.Contains(w.Body.String(), "done once") {
		t.Errorf("confirmed twice: %d", w.Code)
	}
	h.refusal, h.used, h.stubborn = nil, nil, true
	end := fieldsOf(t, ask(t, s, "/processes/1/end", "").Body.String()).Encode()
	if w := send(s, "/processes/1/end", formKind, end); !strings.Contains(w.Body.String(), "is still there after 5 seconds") || !strings.Contains(w.Body.String(), `href="/processes/1/kill?start=1"`) {
		t.Errorf("one that does not end: %d %s", w.Code, w.Body)
	}
	for path, status := range map[string]int{"/connections/99/close": 409, "/connections/x/close": 400, "/connections/5/close": 403, "/processes/2/end": 409, "/processes/x/end": 400} {
		if w := ask(t, s, path, ""); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
	if w := ask(t, s, "/processes/1/end", "start=9"); w.Code != 409 || !strings.Contains(w.Body.String(), "another one has it") {
		t.Errorf("another process: %d", w.Code)
	}
}

// TestOffers: a link where it can be done; where a right is missing a button that says which; nothing where it cannot be.
func TestOffers(t *testing.T) {
	if !actions.Supported {
		t.Skip("nothing is offered on this system")
	}
	s, h := actingSite(t)
	has := func(path string, want ...string) {
		t.Helper()
		body := ask(t, s, path, "").Body.String()
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s has no %s", path, text)
			}
		}
	}
	hasNo := func(path, text string) {
		t.Helper()
		if strings.Contains(ask(t, s, path, "").Body.String(), text) {
			t.Errorf("%s has %s", path, text)
		}
	}
	has("/connections/2", `href="/connections/2/close" data-verb="close"`, `href="/processes/1/end?start=1" data-verb="terminate"`)
	has("/processes/1", `href="/processes/1/end?start=1" data-verb="terminate"`)
	hasNo("/connections/1", `data-verb="close"`) // a listener
	hasNo("/connections/5", `data-verb="close"`) // UDP
	h.refusal = &actions.Refusal{Reason: actions.NotPermitted, Text: "The right CAP_NET_ADMIN is missing.", How: "sudo setcap"}
	has("/connections/2", `<button type="button" disabled data-verb="close" aria-describedby="why-close">`, "The right CAP_NET_ADMIN is missing.", "sudo setcap")
	hasNo("/connections/2", `href="/connections/2/close"`)
	h.refusal, h.close_ = nil, actions.Ability{Why: "never"}
	hasNo("/connections/2", `data-verb="close"`)
	s.actor = nil
	has("/connections/2", "--allow-actions")
	hasNo("/connections/2", "data-verb")
}

// TestWire: every identity comes back from a form and from data as it was, whatever a process calls itself.
func TestWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var target actions.Target
		verb := actions.Close
		if rapid.Bool().Draw(t, "process") {
			verb = actions.Kill
			target.Process = actions.Process{Boot: rapid.StringMatching(`[0-9a-f-]{1,36}`).Draw(t, "boot"), PID: rapid.Int32Range(1, 1<<30).Draw(t, "pid"),
				Start: rapid.Uint64().Draw(t, "start"), Instance: rapid.Uint64().Draw(t, "instance"), Name: string(rapid.SliceOfN(rapid.Byte(), 0, 15).Draw(t, "name"))}
		} else {
			end := rapid.Custom(func(t *rapid.T) netip.AddrPort {
				b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
				a := netip.AddrFrom16(b).Unmap()
				if a.Is6() && rapid.Bool().Draw(t, "zone") {
					a = a.WithZone("eth0")
				}
				return netip.AddrPortFrom(a, rapid.Uint16().Draw(t, "port"))
			})
			target.Connection = actions.Connection{Cookie: rapid.Uint64Min(1).Draw(t, "cookie"), IPv6: rapid.Bool().Draw(t, "v6"), Local: end.Draw(t, "local"), Remote: end.Draw(t, "remote"), State: "ESTABLISHED"}
		}
		fields := url.Values{}
		for _, f := range formOf(target, "N") {
			fields.Set(f.Name, f.Value)
		}
		sent, err := url.ParseQuery(fields.Encode())
		if err != nil {
			t.Fatal(err)
		}
		o := orderOfForm(sent.Get, verb)
		if got, err := targetOf(&o, verb); err != nil || got != target || o.Nonce != "N" {
			t.Fatalf("by the form: %+v, %v", got, err)
		}
		b, err := json.Marshal(wireOf(target, "N"))
		if err != nil {
			t.Fatal(err)
		}
		var back orderJSON
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if got, err := targetOf(&back, verb); err != nil || got != target {
			t.Fatalf("by data: %+v, %v", got, err)
		}
	})
}
