package ports

import "testing"

// What is excluded for one protocol is free for the other.
func TestBars(t *testing.T) {
	r := Rules{Excluded: Spans{{80, 90}}, ExcludedUDP: Spans{{90, 100}}}
	for _, tt := range []struct {
		port          uint16
		tcp, udp, any bool
	}{{79, false, false, false}, {80, true, false, true}, {90, true, true, true}, {100, false, true, true}, {101, false, false, false}} {
		if r.Bars("tcp", tt.port) != tt.tcp || r.Bars("udp", tt.port) != tt.udp || r.Bars("", tt.port) != tt.any {
			t.Errorf("%d: tcp %v, udp %v, any %v", tt.port, r.Bars("tcp", tt.port), r.Bars("udp", tt.port), r.Bars("", tt.port))
		}
	}
	if ReserveCommand("linux") == ReserveCommand("windows") || ReserveCommand("freebsd") != "" {
		t.Error("systems have the commands of others")
	}
}
