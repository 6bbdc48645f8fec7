package diagnose

import "sockeye/poller"

// dialling follows connections that are asked for and not answered yet: SYN_SENT.
type dialling struct {
	calls    map[poller.ID]moment // since when
	answered moment               // when one that was asked for was last answered
	ever     bool                 // one was
}

func newDialling() dialling { return dialling{calls: map[poller.ID]moment{}} }

// put files a socket.
func (k *dialling) put(c *poller.Connection, h naming, now moment) {
	_, called := k.calls[c.ID]
	if c.State == poller.StateSynSent {
		if !called {
			k.calls[c.ID] = now
		}
		return
	}
	if called {
		delete(k.calls, c.ID)
	}
	if c.State == poller.StateEstablished && (called || h != namedChanged && c.Direction == poller.Outbound) {
		k.answered, k.ever = now, true
	}
}
