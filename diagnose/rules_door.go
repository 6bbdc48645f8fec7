package diagnose

import (
	"fmt"
	"net/netip"
	"slices"
)

// Try is one connection that somebody else asked for in vain.
type Try struct {
	// Peer is who asked, with the port from which; Port is the one of this machine that was asked for.
	Peer netip.AddrPort
	Port uint16
}

// triesKept is how many tries are remembered.
const triesKept = 1024

// noteTries remembers tries. One that is told of again is the same.
func (w *Watch) noteTries(list []Try) {
	for _, t := range list {
		if _, known := w.tries[t]; !known && len(w.tries) < triesKept {
			w.tries[t] = w.moment()
		}
	}
}

// loopbackOnly: others ask for a port that is open for this machine only.
func (w *Watch) loopbackOnly(k look) (list []Finding) {
	if len(w.tries) == 0 {
		return nil
	}
	asked := map[uint16][]netip.Addr{}
	for t := range w.tries {
		asked[t.Port] = append(asked[t.Port], t.Peer.Addr())
	}
	for port, c := range w.doors.inner(k.rows) {
		peers := asked[port]
		if len(peers) == 0 {
			continue
		}
		list = append(list, loopbackFinding(nameOf(c.Owner), port, peers, k.mender))
	}
	return bySentence(list)
}

// loopbackFinding says that a program can be reached by this machine only.
func loopbackFinding(name string, port uint16, peers []netip.Addr, m mender) Finding {
	slices.SortFunc(peers, netip.Addr.Compare)
	tried := "others tried to reach it"
	if len(peers) > 0 {
		tried = fmt.Sprintf("%s tried to reach it", peers[0])
	}
	if n := len(slices.Compact(slices.Clone(peers))); n > 1 {
		tried = fmt.Sprintf("%d others tried to reach it, %s among them", n, peers[0])
	}
	if len(peers) > 1 {
		tried += fmt.Sprintf(", %d times within ten minutes", len(peers))
	}
	return Finding{
		Place: PlaceMachine, Cause: causeLoopback, Severity: Notice, Mend: m.openUp(port),
		Evidence: filter("state:LISTEN", fmt.Sprintf("lport:%d", port)),
		Sentence: fmt.Sprintf("%s listens on port %d for this machine only, and %s.", name, port, tried),
		Harmless: "Where it is meant for this machine only, this is how it should be.",
	}
}

// newListeners: something new can be reached from everywhere.
func (w *Watch) newListeners(k look) (list []Finding) {
	for _, n := range w.doors.fresh {
		c, ok := k.rows.Get(n.id)
		if !ok {
			continue
		}
		port := c.Local.Port()
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeNewListener, Severity: Notice, Mend: k.stop(c.Owner, port),
			Evidence: filter("state:LISTEN", "is:wildcard", fmt.Sprintf("lport:%d", port)),
			Sentence: fmt.Sprintf("%s listens on port %d of all addresses, since %s ago: others can reach it.", nameOf(c.Owner), port, short(w.since(n.at))),
			Harmless: "Where you have just started it.",
		})
	}
	return list
}
