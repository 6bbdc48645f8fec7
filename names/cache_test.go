package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The resolver of the system is one.
var _ Resolver = (*net.Resolver)(nil)

// book is a resolver of a test: it answers from a list, after a while, and counts.
type book struct {
	names map[string]string
	takes time.Duration

	asked, now, most atomic.Int32
}

func (b *book) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	b.asked.Add(1)
	n := b.now.Add(1)
	for old := b.most.Load(); n > old && !b.most.CompareAndSwap(old, n); old = b.most.Load() {
	}
	defer b.now.Add(-1)
	select {
	case <-time.After(b.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if name, ok := b.names[addr]; ok {
		return []string{name}, nil
	}
	return nil, errors.New("no such host")
}

// host returns the address of that number.
func host(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}) }

// hosts returns the addresses of the first n numbers.
func hosts(n int) (all []netip.Addr) {
	for i := range n {
		all = append(all, host(i))
	}
	return all
}

// TestName: nobody waits for an answer, everybody has it later, and it is asked for once, in every spelling.
func TestName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{names: map[string]string{"192.0.2.1": "a.example.", "fe80::1": "link.example."}, takes: time.Second}
		var told atomic.Int32
		c := New(b, func() { told.Add(1) })
		defer c.Close()
		addrs := map[string]string{"192.0.2.1": "a.example", "::ffff:192.0.2.1": "a.example", "fe80::1%eth0": "link.example", "192.0.2.2": ""}
		for text := range addrs {
			if got := c.Name(netip.MustParseAddr(text)); got != "" {
				t.Errorf("%s is called %q at once", text, got)
			}
		}
		time.Sleep(2 * time.Second)
		for text, want := range addrs {
			if got := c.Name(netip.MustParseAddr(text)); got != want {
				t.Errorf("%s is called %q, want %q", text, got, want)
			}
		}
		synctest.Wait()
		if b.asked.Load() != 3 || told.Load() != 1 {
			t.Errorf("asked %d times, told %d times, want 3 and 1", b.asked.Load(), told.Load())
		}
		for _, none := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
			if got := c.Name(none); got != "" || b.asked.Load() != 3 {
				t.Errorf("%v is asked for", none)
			}
		}
	})
}

// TestBelieved: names are asked for again after a while, and what was known is shown meanwhile; that there is none is
// believed for a shorter time.
//
//attack:r9
func TestBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{names: map[string]string{"10.1.0.0": "old.example"}, takes: time.Second}
		c := New(b, nil)
		defer c.Close()
		c.Wait(t.Context(), hosts(2))
		b.names = map[string]string{"10.1.0.0": "new.example", "10.1.0.1": "late.example"}
		time.Sleep(unknownFor - 2*time.Second)
		if c.Name(host(1)); b.asked.Load() != 2 {
			t.Error("that there is no name was not believed")
		}
		time.Sleep(2 * time.Second)
		c.Wait(t.Context(), hosts(2))
		if got := c.Name(host(1)); got != "late.example" || b.asked.Load() != 3 {
			t.Errorf("later it is %q, asked %d times", got, b.asked.Load())
		}
		time.Sleep(knownFor)
		if got := c.Name(host(0)); got != "old.example" {
			t.Errorf("while it is asked for again the name is %q", got)
		}
		time.Sleep(2 * time.Second)
		if got := c.Name(host(0)); got != "new.example" {
			t.Errorf("in the end the name is %q", got)
		}
	})
}

// TestBounds: questions under way, time for each and addresses kept have bounds.
//
//attack:r9
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{takes: time.Hour}
		c := New(b, nil)
		defer c.Close()
		start := time.Now()
		c.Wait(t.Context(), hosts(5*workers))
		if took := time.Since(start); took != 5*patience || b.most.Load() != workers {
			t.Errorf("%d questions took %v, %d at once", b.asked.Load(), took, b.most.Load())
		}
		b.takes = 0
		c.Wait(t.Context(), hosts(2*kept))
		c.Wait(t.Context(), hosts(2 * kept)[kept:])
		if len(c.entries) != kept || c.used.Len() != kept {
			t.Errorf("%d addresses are kept, %d of them in use", len(c.entries), c.used.Len())
		}
		asked := b.asked.Load()
		if c.Name(host(2*kept - 1)); b.asked.Load() != asked {
			t.Error("what was asked for last is forgotten")
		}
		b.takes = time.Hour
		c.Wait(ended(), hosts(3 * kept)[2*kept:])
		if c.Name(host(4*kept)) != "" || len(c.entries) != kept {
			t.Errorf("%d addresses are waited for", len(c.entries))
		}
	})
}

// ended returns a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestLastFirst: who looks now does not wait for thousands that somebody has asked for before.
func TestLastFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{names: map[string]string{host(3000).String(): "now.example"}, takes: time.Hour}
		c := New(b, nil)
		defer c.Close()
		c.Wait(ended(), hosts(2000))
		start := time.Now()
		c.Wait(t.Context(), []netip.Addr{host(3000)})
		if took := time.Since(start); took > 2*patience {
			t.Errorf("the answer came after %v", took)
		}
	})
}

// TestWaitEnds with its context, whatever the resolver does.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(&book{takes: time.Hour}, nil)
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if c.Wait(ctx, hosts(100)); time.Since(start) != time.Second {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}

// TestClose: questions under way are given up, and nothing is asked for afterwards.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{takes: time.Hour}
		c := New(b, func() { t.Error("told after the end") })
		start := time.Now()
		for _, h := range hosts(100) {
			c.Name(h)
		}
		synctest.Wait()
		c.Close()
		c.Wait(t.Context(), hosts(200))
		if got := c.Name(host(150)); got != "" || b.asked.Load() != workers || time.Since(start) != 0 {
			t.Errorf("%q, asked %d times, %v", got, b.asked.Load(), time.Since(start))
		}
	})
}

// TestToldOfAll: whoever is told, and then looks, has seen every answer in the end.
func TestToldOfAll(t *testing.T) {
	names := map[string]string{}
	for i := range 500 {
		names[host(i).String()] = fmt.Sprintf("h%d.example", i)
	}
	var mu sync.Mutex
	seen := map[netip.Addr]string{}
	var c *Cache
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		for _, h := range hosts(500) {
			if name := c.Name(h); name != "" {
				seen[h] = name
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c = New(&book{names: names, takes: 7 * time.Millisecond}, look)
		look()
		time.Sleep(time.Minute / 2)
		c.Close()
		if len(seen) != 500 {
			t.Errorf("%d of 500 names were seen", len(seen))
		}
	})
}

// TestClean: a name is kept as text, and one that only repeats the address is none.
//
//attack:r9
func TestClean(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.1")
	for in, want := range map[string]string{
		"a.example.": "a.example", "192.0.2.1": "", "192.0.2.1.": "", ".": "", "=cmd|x": "=cmd|x", "\xff.example": "\uFFFD.example",
		strings.Repeat("a", 300): strings.Repeat("a", 253),
	} {
		if got := clean(in, addr); got != want {
			t.Errorf("%q is kept as %q, want %q", in, got, want)
		}
	}
}

// TestKnown: what is known is told however old it is, in every spelling of the address, and nobody is asked.
//
//attack:r9
func TestKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{names: map[string]string{"192.0.2.1": "a.example."}}
		c := New(b, func() {})
		defer c.Close()
		addr := netip.MustParseAddr("192.0.2.1")
		if got := c.Known(addr); got != "" {
			t.Errorf("at once it is %q", got)
		}
		synctest.Wait()
		if n := b.asked.Load(); n != 0 {
			t.Fatalf("asked %d times", n)
		}
		c.Wait(t.Context(), []netip.Addr{addr})
		time.Sleep(10 * knownFor)
		for _, text := range []string{"192.0.2.1", "::ffff:192.0.2.1"} {
			if got := c.Known(netip.MustParseAddr(text)); got != "a.example" {
				t.Errorf("%s is %q", text, got)
			}
		}
		c.Known(netip.Addr{})
		synctest.Wait()
		if n := b.asked.Load(); n != 1 || len(c.entries) != 1 {
			t.Errorf("asked %d times, %d addresses are kept", n, len(c.entries))
		}
	})
}
