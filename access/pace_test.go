package access

import (
	"net/netip"
	"testing"
	"time"
)

// TestTakeView: a visitor has so many views at once and so many a second, however many tabs they have; the owner has no
// such bound, and one visitor takes nothing from another.
//
//attack:r5 twenty views a second of all tabs, pages and exports of a visitor together
func TestTakeView(t *testing.T) {
	k := NewKeeper()
	defer k.Close()
	_, secret := k.Invite("")
	enter := func(secret string) *Session {
		s, _, err := k.Enter(secret, netip.MustParseAddr("192.0.2.9"), "test")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	visitor, other, owner := enter(secret), enter(secret), enter(k.OwnerSecret())
	now := time.Unix(1000, 0)
	taken := func(takes ...func(time.Time) bool) (n int) {
		for i := range 1000 {
			if takes[i%len(takes)](now) {
				n++
			}
		}
		return n
	}
	one, two := visitor.Look(), visitor.Look()
	if n := taken(visitor.TakeView, one.TakeView, two.TakeView); n != viewsAtOnce {
		t.Errorf("%d views at once, want %d", n, viewsAtOnce)
	}
	if !other.TakeView(now) {
		t.Error("another visitor is held back")
	}
	for range 3 {
		now = now.Add(time.Second)
		if n := taken(one.TakeView, two.TakeView); n != viewsPerSecond {
			t.Errorf("%d views a second, want %d", n, viewsPerSecond)
		}
	}
	now = now.Add(-time.Hour) // the clock was set
	if n := taken(visitor.TakeView); n != 0 {
		t.Errorf("%d views for a clock that was set", n)
	}
	now = now.Add(24 * time.Hour)
	if n := taken(visitor.TakeView); n != viewsAtOnce {
		t.Errorf("%d views after a day, want %d", n, viewsAtOnce)
	}
	if n := taken(owner.TakeView, (*Session)(nil).TakeView, (*Look)(nil).TakeView); n != 1000 {
		t.Errorf("the owner has %d of 1000 views", n)
	}
}
