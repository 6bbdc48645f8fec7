package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/access"
	"sockeye/poller"
	"sockeye/processes"
	"sockeye/query"
)

// visitorOf returns a viewer's session, which ends with the test.
func visitorOf(t *testing.T) (*access.Keeper, *access.Session) {
	t.Helper()
	k := access.NewKeeper()
	t.Cleanup(k.Close)
	_, secret := k.Invite("")
	s, _, err := k.Enter(secret, netip.MustParseAddr("192.0.2.9"), "test")
	if err != nil {
		t.Fatal(err)
	}
	return k, s
}

// askAs requests a path as somebody.
func askAs(s *Site, caller access.Caller, method, target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	}
	w := httptest.NewRecorder()
	handlerFor(s, caller).ServeHTTP(w, r)
	return w
}

// TestHiddenFromViewers: the owner alone sees the command line and the folder; others are told that they are hidden.
func TestHiddenFromViewers(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.process = func(_ context.Context, pid int32, start uint64) (*processes.Details, error) {
		return &processes.Details{
			PID: pid, Start: start, Name: "nginx", Args: processes.Fact[[]string]{Value: []string{"nginx", "--key=hunter2"}},
			Directory: processes.Fact[string]{Value: "/home/alice"}, Executable: processes.Fact[string]{Value: "/usr/sbin/nginx"},
		}, nil
	}
	for _, role := range []access.Role{access.Nobody, access.Viewer, access.Owner} {
		for _, target := range []string{"/connections/2", "/connections/2.json", "/connections/2?panel=1", "/processes/1", "/processes/1.json", "/processes/1?part=1"} {
			body := askAs(s, access.Caller{Role: role}, http.MethodGet, target, nil).Body.String()
			shown := strings.Contains(body, "hunter2") && strings.Contains(body, "/home/alice")
			told := strings.Count(body, "Hidden from those who look by a link") >= 2
			if owner := role == access.Owner; shown != owner || told == owner || !owner && strings.Contains(body, "hunter2") {
				t.Errorf("%s as %s: shown %v, told %v", target, role, shown, told)
			}
			if !strings.Contains(body, "/usr/sbin/nginx") {
				t.Errorf("%s as %s: the program is hidden as well", target, role)
			}
		}
	}
}

// TestProcessesAreReadInOnePlace: what is read past readProcess is not hidden from viewers.
func TestProcessesAreReadInOnePlace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "s.process("); n > 0 && file != "redact.go" && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s reads processes %d times by itself", file, n)
		}
	}
}

// TestNoKeyLooksAtCommandLines: a process whose command line has a word that its name has not is found by no key of the
// filter. Whoever adds a key that looks at what is hidden has to keep viewers from it.
func TestNoKeyLooksAtCommandLines(t *testing.T) {
	const word = "hunter2intheargv"
	for _, k := range query.Keys() {
		for _, text := range []string{k.Name + ":" + word, word} {
			q, err := query.Parse(text)
			if err != nil {
				continue // not a key of text
			}
			c := poller.Connection{Owner: &poller.Process{PID: int32(os.Getpid()), Name: "web.test"}}
			if q.Match(&c) {
				t.Errorf("%s finds a process by more than its name", text)
			}
		}
	}
}

// fakeSharing remembers what is asked of it.
type fakeSharing struct {
	keeper  *access.Keeper
	asked   []string
	failure error
}

func (f *fakeSharing) Places() ([]access.Place, error) {
	return []access.Place{{ID: "192.0.2.7", Note: "eth0", Likely: true}, {ID: "localhost"}}, nil
}

func (f *fakeSharing) Invite(_ context.Context, place string, plain bool, page string) (access.Invitation, error) {
	f.asked = append(f.asked, place, map[bool]string{true: "plain", false: "tls"}[plain], page)
	if f.failure != nil {
		return access.Invitation{}, f.failure
	}
	link, secret := f.keeper.Invite("https://192.0.2.7:8080")
	return access.Invitation{Link: link, URL: "https://192.0.2.7:8080" + page + "#k=" + secret, Fingerprint: "AB:CD", Plain: plain}, nil
}

func (f *fakeSharing) Entrances() []access.Entrance { return nil }
func (f *fakeSharing) Links() []access.Link         { return f.keeper.Links() }
func (f *fakeSharing) Visitors() []access.Visitor   { return f.keeper.Visitors() }
func (f *fakeSharing) EndVisitor(id string) bool    { return f.keeper.End(id) }
func (f *fakeSharing) EndLink(id string) bool       { return f.keeper.EndLink(id) }
func (f *fakeSharing) Stop() error {
	f.keeper.EndAll(access.Viewer, access.ErrStopped)
	return f.failure
}

// TestSharePages: a link is made and shown once; visitors and links are listed and ended.
func TestSharePages(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	keeper, visitor := visitorOf(t)
	f := &fakeSharing{keeper: keeper}
	owner := access.Caller{Role: access.Owner}
	if w := askAs(s, owner, http.MethodGet, "/share", nil); w.Code != http.StatusNotFound {
		t.Errorf("without sharing: %d", w.Code)
	}
	s.ShareWith(f)
	look := visitor.Look()
	look.Show("port=443")
	page := askAs(s, owner, http.MethodGet, "/share?of="+url.QueryEscape("/?state=LISTEN"), nil).Body.String()
	for _, want := range []string{`value="/?state=LISTEN"`, `value="192.0.2.7" checked`, "192.0.2.9", "port=443", `content="same-origin"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	form := url.Values{"of": {"/?state=LISTEN"}, "place": {"192.0.2.7"}, "plain": {"1"}}
	w := askAs(s, owner, http.MethodPost, "/share", form)
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "https://192.0.2.7:8080/?state=LISTEN#k=") || !strings.Contains(body, "AB:CD") ||
		!strings.Contains(body, "<path d=\"M") || !strings.Contains(body, "plain HTTP") {
		t.Errorf("%d %s", w.Code, body)
	}
	if got := strings.Join(f.asked, " "); got != "192.0.2.7 plain /?state=LISTEN" {
		t.Errorf("asked for %s", got)
	}
	if again := askAs(s, owner, http.MethodGet, "/share", nil).Body.String(); strings.Contains(again, "#k=") && strings.Contains(again, `id="link"`) {
		t.Error("the secret is shown again")
	}
	if w := askAs(s, owner, http.MethodPost, "/share/end", url.Values{"visitor": {visitor.ID}}); w.Code != http.StatusSeeOther || visitor.Context().Err() == nil {
		t.Errorf("%d, the visitor is still there", w.Code)
	}
	if w := askAs(s, owner, http.MethodPost, "/share/end", url.Values{"link": {keeper.Links()[0].ID}}); w.Code != http.StatusSeeOther || len(keeper.Links()) != 1 {
		t.Errorf("%d, %d links", w.Code, len(keeper.Links()))
	}
	if w := askAs(s, owner, http.MethodPost, "/share/end", url.Values{}); w.Code != http.StatusBadRequest {
		t.Errorf("nothing to end: %d", w.Code)
	}
	if w := askAs(s, owner, http.MethodPost, "/share/stop", url.Values{}); w.Code != http.StatusSeeOther || len(keeper.Links()) != 0 {
		t.Errorf("%d, %d links", w.Code, len(keeper.Links()))
	}
	f.failure = &access.SeveralError{}
	if w := askAs(s, owner, http.MethodPost, "/share", form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Choose one") {
		t.Errorf("several addresses: %d", w.Code)
	}
	f.failure = errors.New("share: listen 192.0.2.7:8080: cannot assign requested address")
	if w := askAs(s, owner, http.MethodPost, "/share", form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "cannot assign") {
		t.Errorf("a failure: %d", w.Code)
	}
}

// TestSharedPage: only a page of this site is shared.
func TestSharedPage(t *testing.T) {
	for of, want := range map[string]string{
		"/": "/", "/?a=b": "/?a=b", "/ports/443": "/ports/443", "/?a#k=x": "/?a", "": "/", "//evil.example/": "/", "https://evil.example/": "/", "https://evil.example/ports": "/", "//evil.example/ports": "/",
		"/share?of=x": "/", "ports": "/", "/%zz": "/", "javascript:x": "/",
	} {
		if got := sharedPage(of); got != want {
			t.Errorf("%q: %q, want %q", of, got, want)
		}
	}
}

// TestDoor: who may not enter sees the door, which tells nothing of the machine, in the format asked for.
func TestDoor(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.host = "secret-host"
	for _, test := range []struct{ target, accept, want string }{
		{"/?state=LISTEN", "", `name="to" value="/?state=LISTEN"`}, {"/connections.json", "", `{"error":"No entry."}`},
		{"/connections.csv", "", "No entry."}, {"/enter", "application/json", `{"error":"No entry."}`}, {"/live", "", `{"error":"No entry."}`},
	} {
		r := httptest.NewRequest(http.MethodGet, test.target, nil)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		c := handler(s).NewContext(r, w)
		if err := s.Failure(c, http.StatusUnauthorized, "No entry."); err != nil {
			t.Fatal(err)
		}
		if body := w.Body.String(); w.Code != http.StatusUnauthorized || !strings.Contains(body, test.want) || strings.Contains(body, "secret-host") {
			t.Errorf("%s: %d %s", test.target, w.Code, body)
		}
	}
}

// TestGuestIsTold on every page what is hidden, and is not offered what only the owner can do.
func TestGuestIsTold(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.ShareWith(&fakeSharing{})
	for _, test := range []struct {
		caller      access.Caller
		told, plain bool
	}{{access.Caller{Role: access.Owner}, false, false}, {access.Caller{Role: access.Viewer}, true, false}, {access.Caller{Role: access.Viewer, Plain: true}, true, true}} {
		for _, target := range []string{"/", "/ports", "/ports/443", "/states", "/diagnosis", "/nothing"} {
			body := askAs(s, test.caller, http.MethodGet, target, nil).Body.String()
			offered := strings.Contains(body, `id="share"`) || strings.Contains(body, "Run the diagnosis") || strings.Contains(body, "Try to bind it")
			if strings.Contains(body, `class="guest"`) != test.told || strings.Contains(body, "plain HTTP") != test.plain || offered == test.told {
				t.Errorf("%s as %+v: told %v, plain %v, offered %v", target, test.caller, !test.told, !test.plain, offered)
			}
		}
	}
}

// TestLiveEndsWithTheSession: who is sent away is told so, with a code of its own, and the owner sees what was looked at.
func TestLiveEndsWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSite(t, office(), time.Second)
		keeper, visitor := visitorOf(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		context.AfterFunc(visitor.Context(), func() { cancel(context.Cause(visitor.Context())) })
		q, sp, err := s.viewOf("port=443")
		if err != nil {
			t.Fatal(err)
		}
		ch := newFakeChannel()
		one := &session{hub: s.hub, channel: ch, viewer: newViewer(true), hello: s.hello(), look: visitor.Look()}
		done := make(chan struct{})
		go func() { defer close(done); one.run(ctx, q, sp) }()
		synctest.Wait()
		if v := keeper.Visitors()[0]; len(v.Views) != 1 || v.Views[0] != "port=443" || v.Bytes == 0 {
			t.Errorf("the owner sees %+v", v)
		}
		keeper.End(visitor.ID)
		<-done
		if code, reason := goodbye(&violation{closeEnded, access.ErrRevoked.Text}); code != 4401 || len(reason) > 123 {
			t.Errorf("%d %q", code, reason)
		}
		if ch.code != 4401 || ch.reason != access.ErrRevoked.Text {
			t.Errorf("ended with %d %q", ch.code, ch.reason)
		}
	})
}
