package occupancy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sockeye/poller"
	"sockeye/ports"
)

// addrOf returns an end at a documentation address.
func addrOf(last byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, last}), port)
}

// verdicts writes the ways of binding as a row of signs: for each place without and with SO_REUSEADDR.
func verdicts(all []ports.Outcome) string {
	var b strings.Builder
	for i, o := range all {
		if i > 0 && all[i-1].Place != o.Place {
			b.WriteByte(' ')
		}
		b.WriteByte("?+-"[o.Verdict])
	}
	return b.String()
}

// TestPredict: which ways of binding are in the way of which sockets. The places are 0.0.0.0, ::, both, 127.0.0.1, ::1.
func TestPredict(t *testing.T) {
	for _, test := range []struct {
		name    string
		port    uint16
		sockets []poller.Socket
		want    string
	}{
		{"nothing", 8080, nil, "++ ++ ++ ++ ++"},
		{"privileged", 80, nil, "-- -- -- -- --"},
		{"v4", 8080, []poller.Socket{listens(1, "0.0.0.0:8080", 1)}, "-- ++ -- -- ++"},
		{"v6 alone", 8080, []poller.Socket{only(listens(1, "[::]:8080", 1))}, "++ -- -- ++ --"},
		{"dual", 8080, []poller.Socket{listens(1, "[::]:8080", 1)}, "-- -- -- -- --"},
		{"loopback of v4", 8080, []poller.Socket{listens(1, "127.0.0.1:8080", 1)}, "-- ++ -- -- ++"},
		{"loopback of v6", 8080, []poller.Socket{listens(1, "[::1]:8080", 1)}, "++ -- -- ++ --"},
		{"another address", 8080, []poller.Socket{listens(1, "192.0.2.7:8080", 1)}, "-- ++ -- ++ ++"},
		{"bound", 8080, []poller.Socket{sock(1, "tcp", poller.StateClosed, "0.0.0.0:8080", nowhere, 1)}, "-? ++ -? -? ++"},
		{"TIME_WAIT", 8080, []poller.Socket{sock(1, "tcp", poller.StateTimeWait, "127.0.0.1:8080", "127.0.0.1:9", 0)}, "-? ++ -? -? ++"},
		{"outgoing", 40000, []poller.Socket{sock(1, "tcp", poller.StateEstablished, "192.0.2.7:40000", "198.51.100.1:9", 3)}, "-? ++ -? ++ ++"},
		{"a request", 8080, []poller.Socket{sock(1, "tcp", poller.StateSynReceived, "192.0.2.7:8080", "198.51.100.1:9", 0)}, "++ ++ ++ ++ ++"},
	} {
		within(t, func(table *poller.Table) {
			k := at(test.port)
			u := survey(table, func(other Key) bool { return other == k })[k]
			if u == nil {
				u = &Use{Key: k}
			}
			if got := verdicts(predict(u, &rules, true)); got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
			for _, o := range predict(u, &rules, false) {
				if o.Verdict == ports.Yes || (o.Reason == "") {
					t.Errorf("%s: a table that is not whole gives %+v", test.name, o)
				}
			}
		}, test.sockets...)
	}
	udp := Key{53000, poller.UDP}
	within(t, func(table *poller.Table) {
		u := survey(table, func(k Key) bool { return k == udp })[udp]
		if got := verdicts(predict(u, &rules, true)); got != "-? ++ -? -? ++" {
			t.Errorf("UDP: %s", got)
		}
	}, sock(1, "udp", poller.StateNone, "127.0.0.1:53000", nowhere, 1))
	excluded := ports.Rules{Excluded: ports.Spans{{First: 8000, Last: 9000}}, NoIPv6: true}
	if got := verdicts(predict(&Use{Key: at(8080)}, &excluded, true)); got != "-- --" {
		t.Errorf("excluded, without IPv6: %s", got)
	}
}

// TestPredictIsMonotonic: one more socket never makes a port easier to bind.
func TestPredictIsMonotonic(t *testing.T) {
	place := rapid.SampledFrom([]string{"0.0.0.0", "127.0.0.1", "192.0.2.7", "[::]", "[::1]"})
	state := rapid.SampledFrom([]poller.State{poller.StateListen, poller.StateClosed, poller.StateTimeWait, poller.StateEstablished})
	rapid.Check(t, func(rt *rapid.T) {
		var rows []*poller.Connection
		worst := func(o ports.Outcome) int {
			return map[ports.Verdict]int{ports.Yes: 0, ports.Perhaps: 1, ports.No: 2}[o.Verdict]
		}
		before := predict(&Use{Key: at(8080)}, &rules, true)
		for i := range rapid.IntRange(1, 4).Draw(rt, "sockets") {
			s := sock(poller.ID(1+i), "tcp", state.Draw(rt, "state"), place.Draw(rt, "place")+":8080", nowhere, 1)
			s.V6Only = rapid.Bool().Draw(rt, "only")
			c := &poller.Connection{Socket: s}
			if s.State == poller.StateListen {
				c.Direction = poller.Listening
			}
			u := &Use{Key: at(8080)}
			rows = append(rows, c)
			for _, row := range rows {
				u.add(row)
			}
			u.settle()
			after := predict(u, &rules, true)
			for j := range after {
				if worst(after[j]) < worst(before[j]) {
					rt.Fatalf("with %v: %+v becomes %+v", s, before[j], after[j])
				}
			}
			before = after
		}
	})
}

// TestSum: the ways are taken together.
func TestSum(t *testing.T) {
	for signs, want := range map[string]Can{
		"++++++++++": CanYes, "----------": CanNo, "??????????": CanUnknown, "+++++?----": CanYes, "-+++++++++": CanPartly, "--++--++++": CanPartly, "-?-?-?-?-?": CanPartly, "+?+?+?????": CanYes,
	} {
		i := 0
		all := outcomes(func(o *ports.Outcome) { o.Verdict = ports.Verdict(strings.IndexByte("?+-", signs[i])); i++ })
		if got := Sum(all); got != want {
			t.Errorf("%s: %s, want %s", signs, got, want)
		}
	}
	if Sum(nil) != CanUnknown {
		t.Error("nothing is known of nothing")
	}
	// Where only one of the two can be chosen, that is the plain way.
	one := slices.DeleteFunc(outcomes(func(o *ports.Outcome) { o.Verdict = ports.Yes }), func(o ports.Outcome) bool { return !o.Reuse })
	if Sum(one) != CanYes {
		t.Error(fmt.Sprint(one))
	}
}
