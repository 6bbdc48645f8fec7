package poller

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// between makes a socket with two ports.
func between(local, remote uint16) Socket {
	any4 := netip.IPv4Unspecified()
	return Socket{Local: netip.AddrPortFrom(any4, local), Remote: netip.AddrPortFrom(any4, remote)}
}

// Wherever the ports are, no division is better than the one that is chosen, the count of its lower part is right, and
// nearly equal ports are not divided.
func TestDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := rapid.SampledFrom([]*rapid.Generator[uint16]{
			rapid.Just[uint16](443), rapid.Uint16(), rapid.Uint16Range(32768, 60999), rapid.Uint16Range(0, 300),
		})
		a, b := ports.Draw(t, "local"), ports.Draw(t, "remote")
		sockets := make([]Socket, rapid.IntRange(1, 200).Draw(t, "sockets"))
		for i := range sockets {
			sockets[i] = between(a.Draw(t, "local port"), b.Draw(t, "remote port"))
		}
		cut, lower, ok := divide(sockets)
		n, best := 0, len(sockets)
		for _, s := range sockets {
			if port := s.Local.Port(); cut.Remote && s.Remote.Port() < cut.Port || !cut.Remote && port < cut.Port {
				n++
			}
		}
		for at := portBucket; at < 1<<16; at += portBucket {
			locals, remotes := 0, 0
			for _, s := range sockets {
				if int(s.Local.Port()) < at {
					locals++
				}
				if int(s.Remote.Port()) < at {
					remotes++
				}
			}
			best = min(best, larger(locals, len(sockets)), larger(remotes, len(sockets)))
		}
		if cut.Port == 0 || n != lower || larger(n, len(sockets)) != best || ok != (best*100 <= worthwhile*len(sockets)) {
			t.Fatalf("cut %+v, %d below it (%d are), ok %v; the best leaves %d of %d together", cut, lower, n, ok, best, len(sockets))
		}
	})
}

// Two parts that are written beside each other come out as one, whatever room there was and however it was guessed.
func TestApartAndJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 9)
		before, first, second := count.Draw(t, "before"), count.Draw(t, "first"), count.Draw(t, "second")
		dst := make([]Socket, 0, before+rapid.IntRange(0, 20).Draw(t, "room"))
		var want []ID
		add := func(to []Socket, n int) []Socket {
			for range n {
				want = append(want, ID(len(want)+1))
				to = append(to, Socket{ID: want[len(want)-1]})
			}
			return to
		}
		dst = add(dst, before)
		a, b := apart(dst, rapid.IntRange(0, 20).Draw(t, "guess"))
		a = add(a, first)
		b = add(b, second)
		if got := ids(joined(dst, a, b)); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
