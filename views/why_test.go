package views

import (
	"strings"
	"testing"

	"sockeye/poller"
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

// TestWhyNoOwner: every reason why no process is known names the page that says which source tells what.
func TestWhyNoOwner(t *testing.T) {
	for note := range poller.OwnerNote(poller.NumOwnerNotes) {
		process, pid := ownerOf(&poller.Connection{OwnerNote: note})
		if !strings.Contains(process.Title, "/platforms") || pid.Title != process.Title || !strings.HasPrefix(process.Title, note.String()) {
			t.Errorf("%d: %q, %q", note, process.Title, pid.Title)
		}
	}
}
