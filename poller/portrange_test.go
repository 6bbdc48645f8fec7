package poller

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// The range is asked for now and then, also after the clock was set back; the last one known is believed where that
// fails, the usual one at first.
func TestOwnPorts(t *testing.T) {
	var log bytes.Buffer
	answer, err, asked := portRange{32768, 60999}, errBroken, 0
	o := ownPorts{log: slog.New(slog.NewTextHandler(&log, nil)), read: func() (portRange, error) { asked++; return answer, err }}
	now := time.Unix(1_000_000, 0)
	for _, tt := range []struct {
		name  string
		after time.Duration
		err   error
		asked int
		want  portRange
	}{
		{"never read", 0, errBroken, 1, dynamicPorts},
		{"believed", portsAge - 1, nil, 1, dynamicPorts},
		{"read", 1, nil, 2, answer},
		{"failed", portsAge, errBroken, 3, answer},
		{"set back", -time.Hour, nil, 4, answer},
	} {
		now, err = now.Add(tt.after), tt.err
		if got := o.get(now); got != tt.want || asked != tt.asked {
			t.Errorf("%s: %v after %d times, want %v after %d", tt.name, got, asked, tt.want, tt.asked)
		}
	}
	if n := strings.Count(log.String(), "ephemeral ports"); n != 1 {
		t.Errorf("the log speaks of it %d times:\n%s", n, log.String())
	}
}

// This system tells a range.
func TestSystemPorts(t *testing.T) {
	r, err := systemPorts()
	if err != nil || r.first == 0 || r.first > r.last || !r.has(r.first) || !r.has(r.last) || r.has(r.first-1) {
		t.Errorf("%v, %v", r, err)
	}
}
