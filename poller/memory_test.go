package poller

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os/user"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Names are asked for again after a while, and when the clock went back.
func TestUserNamesAge(t *testing.T) {
	asked := 0
	u := newUserNames()
	u.lookup = func(uid string) (*user.User, error) {
		asked++
		return &user.User{Username: "u" + uid}, nil
	}
	now := time.Unix(1_000_000, 0)
	for i, tt := range []struct {
		later time.Duration
		asked int
	}{{0, 1}, {userAge, 1}, {time.Second, 2}, {-time.Hour, 3}} {
		now = now.Add(tt.later)
		u.refresh(now)
		if u.name(7); asked != tt.asked {
			t.Errorf("%d: asked %d times, want %d", i, asked, tt.asked)
		}
	}
}

// The history keeps the newest samples, in order, bounded in number and in time.
func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		var all []Sample
		at := time.Unix(0, 0)
		for i := range rapid.IntRange(0, 2*historyLen).Draw(t, "samples") {
			at = at.Add(rapid.SampledFrom([]time.Duration{100 * time.Millisecond, time.Second, time.Minute}).Draw(t, "gap"))
			if n := len(all); n > 1 && all[n-1].At.Sub(all[n-2].At) < historyStep {
				all = all[:n-1]
			}
			all = append(all, Sample{At: at, Counts: Counts{i}})
			h.add(all[len(all)-1])
		}
		all = all[max(0, len(all)-historyLen):]
		for len(all) > 0 && at.Sub(all[0].At) >= HistorySpan {
			all = all[1:]
		}
		got := h.samples(HistorySpan)
		if !slices.Equal(got, all) {
			t.Fatalf("%d samples, want %d: %v, want %v", len(got), len(all), got, all)
		}
		few := h.samples(5 * time.Minute)
		if len(few) > len(all) || !slices.Equal(few, all[len(all)-len(few):]) || len(few) > 0 && at.Sub(few[0].At) >= 5*time.Minute {
			t.Fatalf("the last five minutes are %v", few)
		}
		if len(got) > 0 {
			got[0].Counts[0] = -1
			if h.samples(time.Hour)[0].Counts[0] == -1 {
				t.Fatal("the samples handed out are not a copy")
			}
		}
	})
}

// A user's name is asked for once; who has none, or one that cannot be found out, is a number.
func TestUserNames(t *testing.T) {
	asked := map[string]int{}
	u := &userNames{names: map[uint32]string{}, lookup: func(uid string) (*user.User, error) {
		asked[uid]++
		switch uid {
		case "0":
			return &user.User{Username: "root"}, nil
		case "7":
			return &user.User{}, nil
		}
		return nil, errBroken
	}}
	for range 2 {
		for uid, want := range map[uint32]string{0: "root", 7: "7", 1<<32 - 1: "4294967295"} {
			if got := u.name(uid); got != want {
				t.Errorf("user %d is %q, want %q", uid, got, want)
			}
		}
	}
	if asked["0"] != 1 || asked["4294967295"] != 1 {
		t.Errorf("asked %v times", asked)
	}
	for uid := range uint32(3 * maxUsers) {
		u.name(uid)
		if len(u.names) > maxUsers {
			t.Fatalf("%d names are remembered", len(u.names))
		}
	}
}

// Interface names are asked for once each; what has no name yet is asked for again; the memory is bounded.
func TestZoneCache(t *testing.T) {
	asked := map[uint32]int{}
	z := newZoneCache(func(index uint32) string {
		asked[index]++
		if index == 5 {
			return ""
		}
		return "if" + digits(index)
	})
	for range 3 {
		if z.name(2) != "if2" || z.name(5) != "" {
			t.Errorf("names %q and %q", z.name(2), z.name(5))
		}
	}
	if asked[2] != 1 || asked[5] != 3 {
		t.Errorf("asked %v times", asked)
	}
	for index := range uint32(2 * maxZones) {
		z.name(index)
	}
	if len(z.names) > maxZones {
		t.Errorf("%d names are remembered", len(z.names))
	}
}

// Interface names are believed for a while, and no longer; also where the clock was set back.
func TestZoneCacheAges(t *testing.T) {
	name := "eth0"
	z := newZoneCache(func(uint32) string { return name })
	now := time.Unix(1_000_000, 0)
	for _, tt := range []struct {
		after time.Duration
		name  string
		want  string
	}{{0, "eth0", "eth0"}, {zoneAge - 1, "wan", "eth0"}, {1, "wan", "wan"}, {-time.Hour, "lan", "lan"}} {
		now, name = now.Add(tt.after), tt.name
		z.refresh(now)
		if got := z.name(2); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// An interface that is renamed has its new name in the rows after a while.
func TestZonesOfASourceAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := "eth0"
		zones := newZoneCache(func(uint32) string { return name })
		p := fake(&scripted{list: func(context.Context) ([]Socket, error) { return nil, nil }}, nobody{}, Options{})
		p.zones = zones
		p.poll(t.Context())
		zones.name(2)
		name = "wan"
		time.Sleep(zoneAge)
		p.poll(t.Context())
		if got := zones.name(2); got != "wan" {
			t.Errorf("%q, want the new name", got)
		}
	})
}

// The machine's addresses are asked for now and then; when that fails, the last ones are believed, and the log says
// so, no more often than it is tried.
func TestOwnAddresses(t *testing.T) {
	list, err, asked := []net.Addr{prefix("192.0.2.1/24"), prefix("fe80::1/64"), &net.UnixAddr{Name: "none"}}, error(nil), 0
	var log bytes.Buffer
	o := ownAddresses{log: slog.New(slog.NewTextHandler(&log, nil)), list: func() ([]net.Addr, error) {
		asked++
		return list, err
	}}
	now := time.Unix(1000, 0)
	first, link := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::1")
	for _, tt := range []struct {
		name    string
		after   time.Duration
		list    []net.Addr
		err     error
		asked   int
		known   bool
		warning int
	}{
		{"first", 0, list, nil, 1, true, 0},
		{"believed", addressAge - 1, nil, nil, 1, true, 0},
		{"failed", 1, nil, errBroken, 2, true, 1},
		{"believed though failed", addressAge - 1, nil, errBroken, 2, true, 1},
		{"failed again", 1, nil, errBroken, 3, true, 2},
		{"changed", addressAge, nil, nil, 4, false, 2},
	} {
		now, list, err = now.Add(tt.after), tt.list, tt.err
		got := o.get(now)
		if got[first] != tt.known || got[link] != tt.known || asked != tt.asked || strings.Count(log.String(), "own addresses unknown") != tt.warning {
			t.Errorf("%s: %v, asked %d times, log:\n%s", tt.name, got, asked, log.String())
		}
	}
}

// Addresses that could never be read are asked for no more often than others.
func TestOwnAddressesNeverRead(t *testing.T) {
	asked := 0
	o := ownAddresses{log: quiet(), list: func() ([]net.Addr, error) { asked++; return nil, errBroken }}
	now := time.Unix(1000, 0)
	for range 10 {
		if got := o.get(now); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		now = now.Add(addressAge / 10)
	}
	if asked != 1 {
		t.Errorf("asked %d times in %v", asked, addressAge)
	}
}

func prefix(s string) net.Addr {
	p := netip.MustParsePrefix(s)
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
