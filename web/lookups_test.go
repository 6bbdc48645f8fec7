package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/access"
	"sockeye/netinfo"
	"sockeye/poller"
	"sockeye/server"
)

// owners returns the context of a request of the owner, viewers that of one who came by a link.
func owners(t *testing.T) context.Context {
	return access.With(t.Context(), access.Caller{Role: access.Owner})
}
func viewers(t *testing.T) context.Context {
	return access.With(t.Context(), access.Caller{Role: access.Viewer})
}

// aViewer is the caller who came by a link.
var aViewer = access.Caller{Role: access.Viewer}

// asked returns how often the machine was asked for names, and the resolver for addresses.
func asked(m *machine, r *fakeResolver) (n int) {
	m.set(func(m *machine) { n = len(m.asked) })
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, times := range r.asked {
		n += times
	}
	return n
}

// openTo returns an address of every GET route that viewers may call, from the policy of the server.
func openTo(t *testing.T) (paths []string) {
	t.Helper()
	fill := strings.NewReplacer(":id", "2", ":pid", "1", ":port", "443", "/ports/*", "/ports/443", "/static/*", "/static/nothing.js")
	for _, r := range server.Policy() {
		if r.Method == http.MethodGet && r.Least <= access.Viewer && r.Pattern != "/live" {
			paths = append(paths, fill.Replace(r.Pattern))
		}
	}
	if len(paths) < 20 {
		t.Fatalf("only %d paths", len(paths))
	}
	return append(paths, "/connections/2.json", "/processes/1.json", "/ports/443.json")
}

// TestViewersAskNobody: no address that somebody with a link may call has this machine ask for a name, and the owner
// has it do so. New routes are tried by themselves.
//
//attack:r9 no view, export or page of a viewer asks name servers or devices for anything
func TestViewersAskNobody(t *testing.T) {
	queries := []string{"names=1", "names=1&panel=1", "names=1&part=1", "group=remote&names=1", "rip=web.example", "q=ip:web.example", "q=ip:web.example&names=1",
		"target=web.example", "text=web.example", "rest=ip:web.example&q=state:"}
	for _, tt := range []struct {
		caller access.Caller
		asks   bool
	}{{aViewer, false}, {access.Caller{Role: access.Viewer, Plain: true}, false}, {access.Caller{}, false}, {access.Caller{Role: access.Owner}, true}} {
		room(t, func(t *testing.T, m *machine, s *Site) {
			r := &fakeResolver{answer: "198.51.100.9"}
			s.hub.book = newNameBook(r)
			for _, path := range openTo(t) {
				for _, query := range queries {
					askAs(s, tt.caller, http.MethodGet, path+"?"+query, nil)
				}
			}
			synctest.Wait()
			if n := asked(m, r); (n > 0) != tt.asks {
				t.Errorf("as %s: %d lookups: %v, %v", tt.caller.Role, n, m.asked, r.asked)
			}
		})
	}
}

// TestOwnerAsksByEachPath: where a viewer causes nothing, the owner causes a lookup, so that the test above sees something.
func TestOwnerAsksByEachPath(t *testing.T) {
	for _, target := range []string{
		"/?names=1", "/?group=remote&names=1", "/connections.json?names=1", "/connections.csv?names=1", "/connections.ndjson?names=1",
		"/connections/2?names=1", "/connections/2?names=1&panel=1", "/connections/2.json?names=1",
		"/?rip=web.example", "/view?rip=web.example", "/view?q=ip:web.example", "/connections.json?rip=web.example",
	} {
		for _, caller := range []access.Caller{{Role: access.Owner}, aViewer} {
			room(t, func(t *testing.T, m *machine, s *Site) {
				r := &fakeResolver{answer: "198.51.100.9"}
				s.hub.book = newNameBook(r)
				askAs(s, caller, http.MethodGet, target, nil)
				synctest.Wait()
				if n := asked(m, r); (n > 0) != (caller.Role == access.Owner) {
					t.Errorf("%s as %s: %d lookups", target, caller.Role, n)
				}
			})
		}
	}
}

// refusal is what a viewer is told of a host name.
const refusal = "host names are looked up for the owner of this machine only: give the address in place of"

// TestViewersHostNames: a filter with a host name is refused where filters are, with what to do; interfaces, which are of
// this machine, are not.
//
//attack:r9 a viewer's filter with a host name is refused with a sentence
func TestViewersHostNames(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		r := &fakeResolver{answer: "198.51.100.9"}
		s.hub.book = newNameBook(r)
		ask(t, s, "/view", "rip=web.example") // what the owner has looked up is not told either
		for target, want := range map[string]int{"/": 400, "/view": 200, "/connections.json": 400, "/connections.csv": 400, "/connections.ndjson": 400} {
			w := askAs(s, aViewer, http.MethodGet, target+"?rip=web.example", nil)
			if w.Code != want || !strings.Contains(w.Body.String(), refusal) || strings.Contains(w.Body.String(), "198.51.100.9:50001") {
				t.Errorf("%s: %d %.300s", target, w.Code, w.Body)
			}
			if w := askAs(s, aViewer, http.MethodGet, target+"?if=eth0", nil); w.Code != 200 || strings.Contains(w.Body.String(), refusal) {
				t.Errorf("%s of an interface: %d", target, w.Code)
			}
		}
		if n := asked(m, r); n != 1 {
			t.Errorf("%d lookups", n)
		}
	})
}

// seatOf is sit for one who came by a link.
func seatOf(t *testing.T, s *Site, rawQuery string) *seat {
	t.Helper()
	q, sp, err := s.viewOf(rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(viewers(t))
	v := &seat{fakeChannel: newFakeChannel(), leave: cancel, done: make(chan struct{})}
	v.session = &session{hub: s.hub, channel: v.fakeChannel, viewer: newViewer(false), hello: s.hello()}
	go func() { defer close(v.done); v.session.run(ctx, q, sp) }()
	t.Cleanup(func() { cancel(); <-v.done })
	synctest.Wait()
	return v
}

// TestLiveHostNames: in the live view the refusal is a frame, and the filter matches nothing; the owner's works.
func TestLiveHostNames(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		r := &fakeResolver{answer: "198.51.100.9"}
		s.hub.book = newNameBook(r)
		v := seatOf(t, s, "rip=web.example")
		v.expect(t, "hello", "error", "snap 1")
		v.incoming <- []byte(`{"t":"view","q":"rip=other.example","offset":0,"limit":60}`)
		synctest.Wait()
		frames := v.take()
		if len(frames) != 1 || !strings.Contains(string(frames[0]), refusal) || asked(m, r) != 0 {
			t.Errorf("%q, %d lookups", frames, asked(m, r))
		}
		sit(t, s, "rip=web.example").expect(t, "hello", "snap 1")
		if asked(m, r) != 1 {
			t.Errorf("the owner's view: %d lookups", asked(m, r))
		}
	})
}

// TestNamesOfViewers: an owner and a viewer of one address share no window that asks. The viewer sees the names that the
// owner has had asked for, as they come, and keeps none up to date.
//
//attack:r9 the names in a shared view are those that the owner had looked up
func TestNamesOfViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := named()
		s := newTestSite(t, m, 10*time.Second)
		poll(t, s)
		poll(t, s)
		q, sp := parsed(t, "names=1&state=ESTABLISHED&sort=remote"), span{limit: 60}
		viewer := newWatcher(t, s, q, sp, false)
		time.Sleep(time.Minute)
		poll(t, s)
		if len(m.asked) != 0 {
			t.Fatalf("a viewer has asked for %v", m.asked)
		}
		viewer.serve(t, true)
		owner := newWatcher(t, s, q, sp)
		if owner.session.viewer.window == viewer.session.viewer.window {
			t.Error("they share a window")
		}
		time.Sleep(time.Second)
		viewer.serve(t, true)
		if name := viewer.client.remoteName(t, "2"); name != "visitor.example" || len(m.asked) != 2 {
			t.Errorf("the viewer sees %q, asked for %v", name, m.asked)
		}
		s.hub.hold(owner.session.viewer)
		s.hub.hold(viewer.session.viewer)
		s.hub.leave(owner.session.viewer)
		time.Sleep(time.Hour)
		m.set(func(m *machine) {
			m.sockets[9] = tcp(9, poller.StateEstablished, "192.0.2.7:443", "198.51.100.77:1", 1)
		})
		poll(t, s)
		s.hub.join(viewer.session.viewer, q, sp)
		viewer.serve(t, true)
		if name := viewer.client.remoteName(t, "2"); name != "visitor.example" || len(m.asked) != 2 {
			t.Errorf("an hour later the viewer sees %q, asked for %v", name, m.asked)
		}
		body := askAs(s, aViewer, http.MethodGet, "/connections.json?names=1", nil).Body.String()
		page := askAs(s, aViewer, http.MethodGet, "/connections/2?names=1", nil).Body.String()
		if !strings.Contains(body, `"remote_name":"visitor.example"`) || !strings.Contains(page, "visitor.example") || len(m.asked) != 2 {
			t.Errorf("names that are known are not told, or asked for %v", m.asked)
		}
		same := newWatcher(t, s, parsed(t, "state=ESTABLISHED"), sp, false)
		if other := newWatcher(t, s, parsed(t, "state=ESTABLISHED"), sp); other.session.viewer.window != same.session.viewer.window {
			t.Error("without names they share no window")
		}
	})
}

// TestSharedHostNames: who comes by a link sees the view that was shared, host names in its filter included; other names
// stay refused, and the owner's lookups keep the shared ones up to date.
func TestSharedHostNames(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		r := &fakeResolver{answer: "198.51.100.9"}
		s.hub.book = newNameBook(r)
		keeper := access.NewKeeper()
		defer keeper.Close()
		sharing := &fakeSharing{keeper: keeper, failure: errors.New("no address")}
		s.ShareWith(sharing)
		share := func(of string) {
			askAs(s, access.Caller{Role: access.Owner}, http.MethodPost, "/share", url.Values{"of": {of}, "place": {"localhost"}})
		}
		sees := func(query string) string {
			return askAs(s, aViewer, http.MethodGet, "/connections.json?"+query, nil).Body.String()
		}
		share("/?rip=web.example")
		if !strings.Contains(sees("rip=web.example"), refusal) {
			t.Error("a link that was not made shares names")
		}
		sharing.failure = nil
		share("/?rip=web.example")
		share("/?rip=missing.example")
		share("/ports?text=none.example")
		if body := sees("rip=web.example&state=ESTABLISHED"); !strings.Contains(body, `"198.51.100.9"`) || strings.Contains(body, "203.0.113.5") {
			t.Errorf("the shared view: %.300s", body)
		}
		for _, other := range []string{"rip=missing.example", "rip=none.example", "rip=web.example,none.example"} {
			if body := sees(other); !strings.Contains(body, refusal) {
				t.Errorf("%s: %.300s", other, body)
			}
		}
		seatOf(t, s, "rip=web.example").expect(t, "hello", "snap 1")
		before := asked(m, r)
		time.Sleep(2 * nameLife)
		r.answer = "203.0.113.5"
		if body := sees("rip=web.example"); !strings.Contains(body, "198.51.100.9") || asked(m, r) != before {
			t.Errorf("%d lookups: %.300s", asked(m, r)-before, body)
		}
		ask(t, s, "/view", "rip=web.example")
		if body := sees("rip=web.example"); !strings.Contains(body, "203.0.113.5") {
			t.Errorf("the owner has looked it up again: %.300s", body)
		}
	})
}

// TestSharedNamesAreBounded, and interfaces are not among them.
func TestSharedNamesAreBounded(t *testing.T) {
	b := newNameBook(&fakeResolver{answer: "198.51.100.9"})
	b.share(owners(t), box(t, "if:eth0"))
	if len(b.shared) != 0 {
		t.Errorf("%v is shared", b.shared)
	}
	for i := range maxKept + 10 {
		b.share(owners(t), box(t, "ip:h"+strconv.Itoa(i)+".example"))
	}
	if len(b.shared) != maxKept {
		t.Errorf("%d names are shared", len(b.shared))
	}
}

// TestDevicesOfViewers: a viewer has no device asked for its name, and sees those that the owner has.
func TestDevicesOfViewers(t *testing.T) {
	m := office()
	m.hosts = map[string]string{"192.0.2.9": "radio.local."}
	s := newTestSite(t, m, poller.MaxInterval)
	list := s.network.devicesOf([]netinfo.Neighbour{neighbour(t, "192.0.2.9", "02:00:00:00:00:09")}, nil, time.Now())
	s.nameDevices(viewers(t), list, nameTimeout)
	if a := list[0].Addresses[0]; a.Name != "" || a.OwnName != "" || asked(m, &fakeResolver{}) != 0 {
		t.Errorf("%+v, %d lookups", a, asked(m, &fakeResolver{}))
	}
	s.nameDevices(owners(t), list, nameTimeout)
	list[0].Addresses[0].Name, list[0].Addresses[0].OwnName = "", ""
	s.nameDevices(viewers(t), list, nameTimeout)
	if a := list[0].Addresses[0]; a.Name != "radio.local" || a.OwnName != "radio.local" || asked(m, &fakeResolver{}) != 2 {
		t.Errorf("%+v, %d lookups", a, asked(m, &fakeResolver{}))
	}
}

// TestNamesSaid: pages tell a viewer that nobody is asked for them, and offer the owner to ask.
func TestNamesSaid(t *testing.T) {
	room(t, func(t *testing.T, _ *machine, s *Site) {
		for target, words := range map[string][2]string{
			"/":                      {"Ask the name servers of this machine", "that the owner of this machine has looked up"},
			"/connections/2":         {"Ask for the name of the remote address", "if the owner has looked it up"},
			"/connections/2?panel=1": {"Ask for the name of the remote address", "if the owner has looked it up"},
			"/connections/2?names=1": {"the name servers of this machine know none", "only the owner of this machine can have it looked up"},
		} {
			for i, role := range []access.Role{access.Owner, access.Viewer} {
				body := askAs(s, access.Caller{Role: role}, http.MethodGet, target, nil).Body.String()
				if !strings.Contains(body, words[i]) || strings.Contains(body, words[1-i]) {
					t.Errorf("%s as %s does not say %q alone", target, role, words[i])
				}
			}
		}
	})
}

// TestLiveOfViewers: over a real WebSocket the role is that of the session, whoever else looks.
func TestLiveOfViewers(t *testing.T) {
	m := named()
	s := newTestSite(t, m, poller.MinInterval)
	r := &fakeResolver{answer: "198.51.100.9"}
	s.hub.book = newNameBook(r)
	keeper := access.NewKeeper()
	t.Cleanup(keeper.Close)
	_, secret := keeper.Invite("")
	h := serve(t, s, server.Config{Listen: "127.0.0.1:0", Keeper: keeper, UserOf: func(_, _ netip.AddrPort) (string, error) { return "somebody", nil }, Owners: []string{"me"}})
	h.client.Transport = withSecret{secret, h.client.Transport}
	b := h.visit(t, "names=1")
	for range 3 {
		b.next(t)
	}
	b.say(t, 1, `{"t":"view","q":"rip=web.example&names=1","offset":0,"limit":60}`)
	told := false
	for range 20 { // some are deltas that were under way
		if told = strings.Contains(string(b.frame(t)), refusal); told {
			break
		}
	}
	if !told {
		t.Error("the viewer is not told why its filter matches nothing")
	}
	if n := asked(m, r); n != 0 {
		t.Errorf("%d lookups", n)
	}
}

// withSecret sends the secret of a link with each request.
type withSecret struct {
	secret string
	http.RoundTripper
}

func (w withSecret) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.secret)
	return w.RoundTripper.RoundTrip(r)
}

// TestTooManyViews: a visitor whose tabs ask for views without end, each within its own bound, is closed with 1008.
//
//attack:r5 closed with 1008 where several live views of one visitor together ask for too many
func TestTooManyViews(t *testing.T) {
	room(t, func(t *testing.T, _ *machine, s *Site) {
		_, visitor := visitorOf(t)
		var tabs []*seat
		for range 8 {
			v := &seat{fakeChannel: newFakeChannel(), leave: func() {}, done: make(chan struct{})}
			v.session = &session{hub: s.hub, channel: v.fakeChannel, viewer: newViewer(false), hello: s.hello(), look: visitor.Look()}
			q, sp, err := s.viewOf("")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(viewers(t))
			go func() { defer close(v.done); v.session.run(ctx, q, sp) }()
			t.Cleanup(func() { cancel(); <-v.done })
			tabs = append(tabs, v)
		}
		for range messagesPerSecond {
			for _, v := range tabs {
				select {
				case <-v.done:
				case v.incoming <- []byte(`{"t":"view","q":"port=443","offset":0,"limit":60}`):
				}
			}
		}
		synctest.Wait()
		closed := 0
		for i, v := range tabs {
			if v.code == 0 { // all that it asked for was before the others'
				continue
			}
			if closed++; v.code != closePolicy || v.reason != "Too many views." {
				t.Errorf("tab %d was closed with %d %q", i, v.code, v.reason)
			}
		}
		if closed < 3 { // five that stay have had a hundred views
			t.Errorf("%d of 8 tabs were closed", closed)
		}
	})
}
