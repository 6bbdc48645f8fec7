package views

import (
	"strings"
	"testing"
)

// Whoever wonders why a UDP socket has no bytes and no rates is told.
func TestWhyUDPHasNoBytes(t *testing.T) {
	for _, name := range []string{"rx", "tx", "rxrate", "txrate"} {
		if !strings.Contains(why(name), "UDP") {
			t.Errorf("%s is unknown because %q", name, why(name))
		}
	}
}

// A cell that another source could fill says where it stands which one.
func TestWhyNamesThePlatforms(t *testing.T) {
	for _, name := range []string{"proc", "pid", "user", "uid", "rx", "tx", "rxrate", "txrate", "rq", "sq", "rtt", "retr", "opened", "drops"} {
		if !strings.Contains(why(name), "/platforms") {
			t.Errorf("%s is unknown because %q", name, why(name))
		}
	}
}
