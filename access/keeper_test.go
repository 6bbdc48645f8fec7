package access

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lan is the address of a visitor.
var lan = netip.MustParseAddr("192.0.2.9")

// enter enters by a secret and ends the test where that fails.
func enter(t *testing.T, k *Keeper, secret string) (*Session, string) {
	t.Helper()
	s, cookie, err := k.Enter(secret, lan, "agent")
	if err != nil {
		t.Fatal(err)
	}
	return s, cookie
}

// TestLink: its secret makes sessions, each with a cookie of its own; nothing else does.
func TestLink(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	link, secret := k.Invite("https://192.0.2.7:8080")
	if len(secret) < 22 || strings.Contains(secret, link.ID) || link.Until.Sub(link.Made) != 8*time.Hour {
		t.Errorf("%q, %+v", secret, link)
	}
	one, first := enter(t, k, secret)
	two, second := enter(t, k, secret)
	if one == two || first == second || first == secret || one.ID == two.ID || one.Role != Viewer {
		t.Errorf("two sessions are not two: %+v %+v", one, two)
	}
	if s, err := k.Session(first); s != one || err != nil {
		t.Errorf("%v, %v", s, err)
	}
	for _, wrong := range []string{"", secret + "x", secret[:21], one.ID, link.ID, first} {
		if _, _, err := k.Enter(wrong, netip.MustParseAddr("192.0.2.44"), ""); !errors.Is(err, ErrSecret) {
			t.Errorf("%q: %v", wrong, err)
		}
		if wrong != first {
			if s, err := k.Session(wrong); s != nil || err != nil {
				t.Errorf("the cookie %q: %v, %v", wrong, s, err)
			}
		}
	}
	if links := k.Links(); len(links) != 1 || links[0].Used != 2 || links[0].Place != "https://192.0.2.7:8080" {
		t.Errorf("%+v", links)
	}
}

// TestLinkIsUsedUp after ten visitors; another link lets in more, until there are too many.
func TestLinkIsUsedUp(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	in := 0
	for range 8 {
		_, secret := k.Invite("")
		for by := 0; ; by++ {
			_, _, err := k.Enter(secret, lan, "")
			if by > LinkSessions || err == nil && by == LinkSessions {
				t.Fatalf("one link lets in %d", by+1)
			}
			if err != nil {
				if full := in >= maxSessions; full != errors.Is(err, ErrFull) || !full && !errors.Is(err, ErrUsed) {
					t.Fatalf("after %d: %v", in, err)
				}
				break
			}
			in++
		}
	}
	if in != maxSessions {
		t.Errorf("%d were let in", in)
	}
	if _, _, err := k.Enter(k.OwnerSecret(), lan, ""); err != nil {
		t.Errorf("an owner among too many: %v", err)
	}
}

// ended returns why a context is over.
func ended(s *Session) *Ended {
	<-s.Context().Done()
	return EndedBy(s.Context())
}

// TestExpiry: link and session end after eight hours, without anybody asking.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeeper()
		defer k.Close()
		_, secret := k.Invite("")
		time.Sleep(7 * time.Hour)
		s, cookie := enter(t, k, secret)
		time.Sleep(time.Hour - time.Second)
		if s, err := k.Session(cookie); s == nil || err != nil {
			t.Errorf("before its end: %v, %v", s, err)
		}
		begun := time.Now()
		if why := ended(s); why != ErrExpired || time.Since(begun) != time.Second {
			t.Errorf("ended after %v: %v", time.Since(begun), why)
		}
		if s, err := k.Session(cookie); s != nil || err != error(ErrExpired) {
			t.Errorf("after its end: %v, %v", s, err)
		}
		if _, _, err := k.Enter(secret, lan, ""); !errors.Is(err, ErrSecret) || len(k.Links()) > 0 {
			t.Errorf("the link after its end: %v, %v", err, k.Links())
		}
	})
}

// TestIdle: a session ends that nobody uses; one with a view open stays.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeeper()
		defer k.Close()
		secret := k.OwnerSecret()
		_, asleep := enter(t, k, secret)
		open, awake := enter(t, k, secret)
		look := open.Look()
		time.Sleep(12*time.Hour + time.Second)
		if _, err := k.Session(asleep); err != error(ErrIdle) {
			t.Errorf("unused: %v", err)
		}
		if s, err := k.Session(awake); s == nil || err != nil {
			t.Errorf("with a view: %v", err)
		}
		look.Close()
		open.Asked("", time.Now())
		time.Sleep(time.Hour)
		if s, _ := k.Session(awake); s == nil {
			t.Error("used an hour ago, and ended")
		}
	})
}

// TestEnd: one visitor is sent away, at once and with the reason; the link lets nobody in after that, and others stay.
func TestEnd(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	_, secret := k.Invite("")
	bad, cookie := enter(t, k, secret)
	good, _ := enter(t, k, secret)
	if !k.End(bad.ID) || k.End(bad.ID) || k.End("") {
		t.Error("not ended once")
	}
	if why := ended(bad); why != ErrRevoked {
		t.Errorf("ended by %v", why)
	}
	if s, err := k.Session(cookie); s != nil || err != error(ErrRevoked) {
		t.Errorf("the cookie: %v, %v", s, err)
	}
	if _, _, err := k.Enter(secret, lan, ""); !errors.Is(err, ErrSecret) {
		t.Errorf("the link: %v", err)
	}
	if good.Context().Err() != nil || len(k.Visitors()) != 1 || !k.Links()[0].Closed {
		t.Error("the other visitor, or the link")
	}
}

// TestEndLink and EndAll: what came by it ends, and nothing else.
func TestEndLink(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	owner, _ := enter(t, k, k.OwnerSecret())
	link, secret := k.Invite("")
	_, other := k.Invite("")
	one, _ := enter(t, k, secret)
	two, _ := enter(t, k, other)
	if !k.EndLink(link.ID) || k.EndLink(link.ID) || k.EndLink(owner.Link) {
		t.Error("not ended once, or that of the owner")
	}
	if ended(one) != ErrRevoked || two.Context().Err() != nil {
		t.Error("the wrong ones ended")
	}
	k.EndAll(Viewer, ErrStopped)
	if ended(two) != ErrStopped || owner.Context().Err() != nil || len(k.Links()) > 0 {
		t.Error("stop ends viewers and links, and no owner")
	}
	k.Close()
	if ended(owner) != ErrStopped || len(k.Visitors()) > 0 {
		t.Error("the end of the program ends all")
	}
}

// TestBearer: a program without cookies is one visitor for each address, and once sent away stays away.
func TestBearer(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	_, secret := k.Invite("")
	one, err := k.Bearer(secret, lan, "curl")
	again, errAgain := k.Bearer(secret, lan, "curl")
	far, errFar := k.Bearer(secret, netip.MustParseAddr("192.0.2.10"), "curl")
	if one == nil || one != again || far == one || errors.Join(err, errAgain, errFar) != nil {
		t.Fatalf("%v %v %v", one, again, far)
	}
	k.End(one.ID)
	if s, err := k.Bearer(secret, lan, "curl"); s != nil || err != error(ErrRevoked) {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := k.Bearer("wrong", lan, ""); !errors.Is(err, ErrSecret) {
		t.Error(err)
	}
}

// TestGuesses: ten wrong secrets a minute of one address, a hundred of all; the right one is of no use meanwhile, and
// other addresses are not concerned.
func TestGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeeper()
		defer k.Close()
		_, secret := k.Invite("")
		guess := func(from string) error {
			_, _, err := k.Enter("wrong", netip.MustParseAddr(from), "")
			return err
		}
		for i := range 12 {
			if err := guess("192.0.2.9"); errors.Is(err, ErrTooMany) != (i >= 10) {
				t.Errorf("guess %d: %v", i, err)
			}
		}
		if _, _, err := k.Enter(secret, lan, ""); !errors.Is(err, ErrTooMany) {
			t.Errorf("the right secret after too many wrong ones: %v", err)
		}
		if _, err := k.Bearer(secret, lan, ""); !errors.Is(err, ErrTooMany) {
			t.Errorf("the same in a header: %v", err)
		}
		if _, _, err := k.Enter(secret, netip.MustParseAddr("192.0.2.10"), ""); err != nil {
			t.Errorf("another address: %v", err)
		}
		for i := range 10 { // one subscriber, ten addresses
			if err := guess("2001:db8::" + string(rune('1'+i%9))); errors.Is(err, ErrTooMany) {
				t.Errorf("IPv6 guess %d: %v", i, err)
			}
		}
		if err := guess("2001:db8::ffff"); !errors.Is(err, ErrTooMany) {
			t.Errorf("another address of the same prefix: %v", err)
		}
		for i := 20; i < 100; i++ {
			_ = guess(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String())
		}
		if err := guess("203.0.113.1"); !errors.Is(err, ErrTooMany) {
			t.Errorf("after a hundred in all: %v", err)
		}
		time.Sleep(time.Minute)
		if _, _, err := k.Enter(secret, lan, ""); err != nil {
			t.Errorf("a minute later: %v", err)
		}
	})
}

// TestKeeperRemembersBoundedly: whatever is done, tables stay small.
func TestKeeperRemembersBoundedly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		k := newKeeper(func() time.Time { return now })
		defer k.Close()
		var secrets []string
		for range rapid.IntRange(0, 120).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				_, secret := k.Invite("")
				secrets = append(secrets, secret)
			case 1:
				if len(secrets) > 0 {
					addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(0, 255).Draw(t, "host"))})
					_, _, _ = k.Enter(rapid.SampledFrom(secrets).Draw(t, "secret"), addr, strings.Repeat("\xff", 500))
				}
			case 2:
				if v := k.Visitors(); len(v) > 0 {
					k.End(v[0].ID)
				}
			case 3:
				if l := k.Links(); len(l) > 0 {
					k.EndLink(l[len(l)-1].ID)
				}
			case 4:
				now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
			}
		}
		used := map[string]int{}
		for _, v := range k.Visitors() {
			used[v.Link]++
			if len(v.Agent) > maxAgent {
				t.Errorf("an agent of %d bytes", len(v.Agent))
			}
		}
		for link, n := range used {
			if n > LinkSessions {
				t.Errorf("%d came by link %s", n, link)
			}
		}
		if len(k.links) > maxLinks || len(k.sessions) > maxSessions || len(k.ended) > maxEnded {
			t.Errorf("%d links, %d sessions, %d ended", len(k.links), len(k.sessions), len(k.ended))
		}
	})
}

// TestVisitor: what the owner sees of a visitor.
func TestVisitor(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	_, secret := k.Invite("")
	s, _ := enter(t, k, secret)
	one, two := s.Look(), s.Look()
	one.Show("state=LISTEN")
	two.Show("port=443")
	two.Show("port=80")
	one.Sent(100)
	s.Sent(11)
	s.Sent(-5)
	s.Asked("/ports/443", time.Now())
	s.Asked("", time.Now())
	v := k.Visitors()[0]
	if v.Bytes != 111 || len(v.Views) != 2 || v.Views[1] != "port=80" || v.Page != "/ports/443" || v.Address != lan || v.Agent != "agent" {
		t.Errorf("%+v", v)
	}
	one.Close()
	if v := k.Visitors()[0]; len(v.Views) != 1 || v.Views[0] != "port=80" {
		t.Errorf("%+v", v)
	}
	var none *Session // the owner's
	look := none.Look()
	look.Show("x")
	look.Sent(1)
	look.Close()
	none.Asked("x", time.Now())
	none.Sent(1)
	if none.Context().Err() != nil {
		t.Error("nobody's session has ended")
	}
}

// TestCaller: a context without a caller is nobody's.
func TestCaller(t *testing.T) {
	if RoleOf(t.Context()) != Nobody || EndedBy(t.Context()) != nil {
		t.Error("somebody")
	}
	if RoleOf(With(t.Context(), Caller{Role: Owner})) != Owner {
		t.Error("not the owner")
	}
	for role, name := range map[Role]string{Nobody: "nobody", Viewer: "viewer", Owner: "owner", 9: "nobody"} {
		if role.String() != name {
			t.Errorf("%d is %q", role, role)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrRevoked)
	if EndedBy(ctx) != ErrRevoked {
		t.Error("the cause is lost")
	}
}
