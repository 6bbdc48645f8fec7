package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// fakeResolver knows a few names, is slow for "slow.example", and counts what it is asked.
type fakeResolver struct {
	mu     sync.Mutex
	asked  map[string]int
	at     int // lookups under way
	most   int
	answer string
}

func (r *fakeResolver) host(ctx context.Context, name string) ([]netip.Addr, error) {
	r.mu.Lock()
	if r.asked == nil {
		r.asked = map[string]int{}
	}
	r.asked[name]++
	r.at++
	r.most = max(r.most, r.at)
	answer := r.answer
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.at--
		r.mu.Unlock()
	}()
	switch {
	case strings.HasPrefix(name, "slow"):
		<-ctx.Done()
		return nil, fmt.Errorf("look up a host: %w", ctx.Err())
	case strings.HasPrefix(name, "brief"):
		time.Sleep(100 * time.Millisecond)
	case name == "broken.example":
		return nil, errors.New("no server")
	case name == "missing.example":
		return nil, fmt.Errorf("look up a host: %w", &net.DNSError{Err: "no such host", Name: name, IsNotFound: true})
	}
	return []netip.Addr{netip.MustParseAddr(answer)}, nil
}

func (r *fakeResolver) networkInterface(name string) ([]netip.Addr, error) {
	if name != "eth0" {
		return nil, &missingInterface{there: []string{"lo", "eth0"}}
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil
}

// box reads a filter that is known to be right.
func box(t fataler, text string) query.Query {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestNames: each failure has its sentence, none hangs, and answers are remembered for a while.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeResolver{answer: "198.51.100.9"}
		b := newNameBook(r)
		for text, want := range map[string]string{
			"port:443": "", "ip:good.example": "", "if:eth0": "", "(ip:good.example or x)": "",
			"ip:missing.example": `no address is known for the name "missing.example"`,
			"ip:slow.example":    `the name "slow.example" could not be looked up within 2 seconds`,
			"ip:broken.example":  `the name "broken.example" could not be looked up`,
			"if:eth9":            `there is no interface "eth9" here: there are lo, eth0`,
			"ip:" + strings.Repeat("a.example,", maxNames-1) + "b.example": "",
			"ip:good.example -ip:missing.example":                          `no address is known for the name "missing.example"`,
		} {
			started := time.Now()
			_, err := b.resolve(owners(t), box(t, text))
			if got := fmt.Sprint(err); err != nil && got != want || (err == nil) != (want == "") {
				t.Errorf("%s: %v, want %q", text, err, want)
			}
			if took := time.Since(started); took > nameTimeout {
				t.Errorf("%s took %v", text, took)
			}
		}
		var many []string
		for i := range maxNames + 1 {
			many = append(many, fmt.Sprintf("h%d.example", i))
		}
		if _, err := b.resolve(owners(t), box(t, "ip:"+strings.Join(many, ","))); err == nil || !strings.Contains(err.Error(), "at most 16") {
			t.Errorf("too many names: %v", err)
		}
		if r.asked["good.example"] != 1 || r.asked["missing.example"] != 1 {
			t.Errorf("asked %v", r.asked)
		}
		time.Sleep(failureLife)
		_, _ = b.resolve(owners(t), box(t, "ip:good.example,missing.example"))
		time.Sleep(nameLife)
		r.answer = "203.0.113.5"
		q, err := b.resolve(owners(t), box(t, "ip:good.example"))
		if err != nil || r.asked["good.example"] != 2 || r.asked["missing.example"] != 2 {
			t.Errorf("%v, asked %v", err, r.asked)
		}
		if !strings.Contains(q.Identity(), "203.0.113.5") {
			t.Errorf("the view is %q after the name moved", q.Identity())
		}
	})
}

// TestNamesAreBounded: no more than so many are looked up at once or remembered.
func TestNamesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeResolver{answer: "198.51.100.9"}
		b := newNameBook(r)
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				q := box(t, fmt.Sprintf("ip:brief%d.example", i))
				for range maxNames - 1 {
					q, _ = q.With(fmt.Sprintf("ip:brief%d.example", i))
				}
				if _, err := b.resolve(owners(t), q); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if r.most != maxLookups {
			t.Errorf("%d at once, want %d", r.most, maxLookups)
		}
		for i := range maxKept + 50 {
			b.keep(query.Name{Text: fmt.Sprint(i)}, keptName{until: time.Now().Add(time.Hour)})
		}
		if len(b.kept) != maxKept {
			t.Errorf("%d names are kept", len(b.kept))
		}
		time.Sleep(2 * time.Hour)
		b.keep(query.Name{Text: "new"}, keptName{})
		if len(b.kept) != 1 {
			t.Errorf("%d names are kept though they are over", len(b.kept))
		}
	})
}

// TestSystemResolver asks this machine what every machine knows.
func TestSystemResolver(t *testing.T) {
	b := newNameBook(systemResolver{})
	q, err := b.resolve(owners(t), box(t, "ip:localhost"))
	if err != nil || !strings.Contains(q.Identity(), "127.0.0.1") && !strings.Contains(q.Identity(), "::1") {
		t.Errorf("localhost is %q: %v", q.Identity(), err)
	}
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Skipf("no interfaces: %v", err)
	}
	if _, err := b.resolve(owners(t), box(t, "if:"+query.QuoteValue(all[0].Name))); err != nil {
		t.Errorf("%s: %v", all[0].Name, err)
	}
	if _, err := b.resolve(owners(t), box(t, "if:nosuch0")); err == nil || !strings.Contains(err.Error(), all[0].Name) {
		t.Errorf("an interface that is not there: %v", err)
	}
}

// TestViewsWithNames: names work wherever a view is read, and a failure is said there.
func TestViewsWithNames(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.hub.book = newNameBook(&fakeResolver{answer: "198.51.100.9"})
	for _, path := range []string{"/connections.json", "/connections.csv", "/connections.ndjson", "/", "/view"} {
		w := ask(t, s, path, "rip=web.example&state=ESTABLISHED")
		if w.Code != 200 || path != "/view" && (!strings.Contains(w.Body.String(), "198.51.100.9") || path != "/" && strings.Contains(w.Body.String(), "203.0.113.5")) {
			t.Errorf("%s: %d %.300s", path, w.Code, w.Body)
		}
		w = ask(t, s, path, "rip=missing.example")
		if want := map[bool]int{true: 200, false: 400}[path == "/view"]; w.Code != want || !strings.Contains(w.Body.String(), "missing.example") {
			t.Errorf("%s of a missing name: %d %.300s", path, w.Code, w.Body)
		}
	}
	room(t, func(t *testing.T, _ *machine, s *Site) {
		r := &fakeResolver{answer: "198.51.100.9"}
		s.hub.book = newNameBook(r)
		v := sit(t, s, "rip=web.example")
		v.expect(t, "hello", "snap 1")
		v.incoming <- []byte(`{"t":"view","q":"rip=slow.example","offset":0,"limit":60}`)
		time.Sleep(nameTimeout)
		if got := v.kinds(t); !slices.Contains(got, "error") {
			t.Errorf("frames %v", got)
		}
		sit(t, s, "rip=missing.example").expect(t, "hello", "error", "snap 3")
	})
}

// TestNamesOfWhoLeft: that a viewer went away while its name was looked up says nothing about the name.
func TestNamesOfWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeResolver{answer: "198.51.100.9"}
		b := newNameBook(r)
		ctx, leave := context.WithCancel(owners(t))
		go func() {
			time.Sleep(time.Second)
			leave()
		}()
		if _, err := b.resolve(ctx, box(t, "ip:slow.example")); err == nil {
			t.Error("a lookup that was given up has an answer")
		}
		_, _ = b.resolve(owners(t), box(t, "ip:slow.example"))
		if r.asked["slow.example"] != 2 {
			t.Errorf("asked %d times: the next viewer is told of the failure of another", r.asked["slow.example"])
		}
	})
}
