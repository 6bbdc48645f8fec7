package poller

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// The time that a real connection rests is told, of its port alone, and the same socket is in the table.
func TestRestingOfRealSockets(t *testing.T) {
	for network, address := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"} {
		l := listen(t, net.ListenConfig{}, network, address)
		client, server := pair(t, network, l)
		check(t, server.Close())
		waitEOF(t, client)
		check(t, client.Close())
		p := poller(t, Options{Source: SourceNetlink})
		port := addrPort(l.Addr()).Port()
		var left map[ID]time.Duration
		for try := 0; try < 500 && len(left) == 0; try++ { // the last acknowledgement may be late
			var err error
			left, err = p.Resting(t.Context(), port)
			check(t, err)
			time.Sleep(time.Millisecond)
		}
		p.poll(t.Context())
		row := row(t, p, func(c *Connection) bool { return c.State == StateTimeWait && c.Local.Port() == port })
		if d, ok := left[row.ID]; !ok || d <= 0 || d > time.Minute {
			t.Errorf("%s: %v, want that of %v", network, left, row.ID)
		}
		other, err := p.Resting(t.Context(), addrPort(client.LocalAddr()).Port()) // which others may have had as well
		if _, ours := other[row.ID]; err != nil || ours {
			t.Errorf("%s: the port of the other end: %v, %v", network, other, err)
		}
	}
}

// A source without timers says so; a request that has ended asks nobody.
func TestRestingWithout(t *testing.T) {
	p := poller(t, Options{Fake: &Fake{}})
	if left, err := p.Resting(t.Context(), 1); !errors.Is(err, ErrNoTimers) || left != nil {
		t.Errorf("%v, %v", left, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := poller(t, Options{Source: SourceNetlink}).Resting(ended, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
