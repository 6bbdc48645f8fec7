package diagnose

import (
	"net/netip"

	"sockeye/poller"
)

// FindingsIn applies the rules once to a table, which may be read: what can be told from one look. A [Watch] that is
// kept knows more.
func FindingsIn(t *poller.Table) []Finding {
	w := WatchOf(t)
	return w.Findings(t, FactsNow(w.Wants(t), nil))
}

// TrafficIn tells what a table, which may be read, knows of a peer, and of all others outside of this machine.
func TrafficIn(t *poller.Table, peer netip.Addr) (f Traffic) {
	for c := range t.All() {
		if !c.Known.Has(poller.KnownRetransmits|poller.KnownBytes) || !c.Connected() || c.Direction == poller.Loopback {
			continue
		}
		again, sent := uint64(c.Retransmits), (c.BytesSent+segmentSize-1)/segmentSize
		if c.Remote.Addr().WithZone("") == peer.WithZone("") {
			f.Connections, f.Retransmits, f.Segments = f.Connections+1, f.Retransmits+again, f.Segments+sent
		} else {
			f.OtherRetransmits, f.OtherSegments = f.OtherRetransmits+again, f.OtherSegments+sent
		}
	}
	return f
}

// InsideIn names the process of a table, which may be read, that listens on a TCP port for this machine only. ok is false
// where nobody does, or somebody listens for others as well.
func InsideIn(t *poller.Table, port uint16) (name string, ok bool) {
	for c := range t.All() {
		if c.Protocol != poller.TCP || c.State != poller.StateListen || c.Local.Port() != port {
			continue
		}
		if !c.Local.Addr().IsLoopback() {
			return "", false
		}
		name, ok = nameOf(c.Owner), true
	}
	return name, ok
}
