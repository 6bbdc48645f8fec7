package poller

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An ID is read back from what it is written as.
func TestIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := ID(rapid.Uint64Min(1).Draw(t, "id"))
		if got, ok := ParseID(want.String()); got != want || !ok {
			t.Fatalf("%v was read as %v, %v", want, got, ok)
		}
	})
}

// Each ID has one spelling; everything else is refused.
func TestParseIDRefuses(t *testing.T) {
	for _, s := range []string{"", "0", "00", "01", "A", "0x1", "+1", "-1", "1 ", " 1", "1_0", "g", "10000000000000000", "ffffffffffffffff0", "1\n", "１"} {
		if id, ok := ParseID(s); ok {
			t.Errorf("%q was read as %v", s, id)
		}
	}
}

// FuzzParseID: what is read is written as it was.
func FuzzParseID(f *testing.F) {
	f.Add("1")
	f.Add("ffffffffffffffff")
	f.Add("0f")
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := ParseID(s); ok && (id == 0 || id.String() != s) {
			t.Errorf("%q was read as %v", s, id)
		}
	})
}

// The words are those of the data contract; a value without one has none.
func TestWords(t *testing.T) {
	var states []string
	for _, s := range States() {
		states = append(states, s.String())
	}
	want := []string{"LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
		"CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED", "NONE"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	for _, tt := range [][2]string{
		{StateUnknown.String(), "UNKNOWN"}, {State(200).String(), "UNKNOWN"},
		{TCP.String(), "tcp"}, {UDP.String(), "udp"}, {Protocol(0).String(), ""}, {Protocol(9).String(), ""},
		{IPv4.String(), "ipv4"}, {IPv6.String(), "ipv6"}, {Family(0).String(), ""},
		{Inbound.String(), "inbound"}, {Outbound.String(), "outbound"}, {Listening.String(), "listening"},
		{Loopback.String(), "loopback"}, {DirectionUnknown.String(), "unknown"}, {Direction(9).String(), "unknown"},
		{OwnerKnown.String(), ""}, {OwnerNote(200).String(), ""},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%q, want %q", tt[0], tt[1])
		}
	}
	seen := map[string]bool{"": true}
	for n := OwnerNone; n < NumOwnerNotes; n++ {
		if seen[n.String()] {
			t.Errorf("note %d has no words of its own: %q", n, n)
		}
		seen[n.String()] = true
	}
}

// Facts are known one by one.
func TestKnown(t *testing.T) {
	k := KnownUID | KnownRTT
	if !k.Has(KnownUID) || !k.Has(KnownUID|KnownRTT) || k.Has(KnownBytes) || k.Has(KnownUID|KnownBytes) || !k.Has(0) {
		t.Errorf("%b is wrong about what it has", k)
	}
}

// The total is the sum over all states.
func TestCountsTotal(t *testing.T) {
	var c Counts
	for i := range c {
		c[i] = 1 << i
	}
	if got := c.Total(); got != 1<<NumStates-1 {
		t.Errorf("total %d", got)
	}
}
