package poller

// Part is what an end of a connection within this machine did when it was opened.
type Part uint8

// The parts. PartUnknown is that of all other sockets, and of ends of which nothing tells them apart.
const (
	PartUnknown Part = iota
	PartCaller       // it called
	PartCalled       // it was called
)

// part tells an end within this machine from the other: by the kernel's counters where they tell who sent the first SYN,
// else by the sockets that wait now or did at the poll before.
func (t *Table) part(s *Socket) Part {
	switch s.Opening {
	case OpenedActively:
		return PartCaller
	case OpenedPassively:
		return PartCalled
	}
	other := Socket{Protocol: s.Protocol, Local: s.Remote}
	switch here, there := t.awaited(s), t.awaited(&other); {
	case here == there:
		return PartUnknown
	case here:
		return PartCalled
	}
	return PartCaller
}

// awaited reports whether a socket waits where this one's local end is, or did at the poll before.
func (t *Table) awaited(s *Socket) bool { return t.listeners.accepts(s) || t.left.accepts(s) }

// ServicePort returns the port that tells what a connection is for: the local one of a socket that waits or was
// called, the remote one of a socket that called. Where both ends are here and nothing tells who called, it is the
// lower one, since the system hands out high ones.
func (c *Connection) ServicePort() uint16 {
	switch {
	case c.Direction == Outbound, c.Part == PartCaller:
		return c.Remote.Port()
	case c.Direction == Loopback && c.Part == PartUnknown:
		return min(c.Local.Port(), c.Remote.Port())
	}
	return c.Local.Port()
}

// Leads reports whether c is the end that called of a connection whose two ends are c and other. Of two ends one leads,
// whatever is known of them: without a listener it is the one with the higher port, then the one with the higher
// address, then the one with the lower ID.
func (c *Connection) Leads(other *Connection) bool {
	if calls, called := c.Part == PartCaller || other.Part == PartCalled, c.Part == PartCalled || other.Part == PartCaller; calls != called {
		return calls
	}
	if a, b := c.Local.Port(), other.Local.Port(); a != b {
		return a > b
	}
	if order := c.Local.Addr().Compare(other.Local.Addr()); order != 0 {
		return order > 0
	}
	return c.ID < other.ID
}
