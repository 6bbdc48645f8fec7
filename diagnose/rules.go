package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockeye/poller"
)

// The causes that the rules find.
const (
	causeCloseWait   = "close-wait-leak"
	causeCallsOne    = "syn-sent-to-one"
	causeCallsAll    = "syn-sent-to-all"
	causeBacklog     = "backlog-full"
	causeOverflows   = "listen-overflows"
	causeEverywhere  = "retransmits-everywhere"
	causeUnread      = "receive-queue-unread"
	causeUnsent      = "send-queue-stuck"
	causeUDP         = "udp-receive-errors"
	causeConntrack   = "conntrack-full"
	causeDescriptors = "descriptors-low"
	causeLoopback    = "loopback-only"
	causeNewListener = "new-listener"
)

// maxFindings is how many findings of one rule are told.
const maxFindings = 8

// look is what the rules see: the table as it is now, and what is known beside it.
type look struct {
	rows  Rows
	facts Facts
	mender
}

// Findings applies all rules to the table as it is now, and remembers the counters for the next time. The worst come
// first, at most 8 of each rule.
func (w *Watch) Findings(rows Rows, f Facts) []Finding {
	w.forget()
	w.noteTries(f.Tries)
	l := look{rows, f, mender{f.GOOS}}
	list := []Finding{}
	for _, rule := range []func(look) []Finding{
		w.leaks, w.portsUsed, w.backlogs, w.overflows, w.calls, w.retransmits, w.unreadQueues, w.unsentQueues, w.udpErrors,
		w.conntrack, w.descriptors, w.loopbackOnly, w.newListeners,
	} {
		found := rule(l)
		list = append(list, found[:min(len(found), maxFindings)]...)
	}
	w.remember(f)
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return list
}

// forget drops what is too old to matter.
func (w *Watch) forget() {
	w.doors.forget(w.since)
	w.dropped.forget(w.since)
	for t, at := range w.tries {
		if w.since(at) > newFor {
			delete(w.tries, t)
		}
	}
}

// bySentence puts findings of one rule in order.
func bySentence(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Sentence, b.Sentence) })
	return list
}

// nameOf names a process for a sentence.
func nameOf(p *poller.Process) string {
	if p == nil {
		return "A process that is not known"
	}
	return fmt.Sprintf("%s (PID %d)", p.Name, p.PID)
}

// filter writes a filter of the page's language from its terms.
func filter(terms ...string) string { return strings.Join(terms, " ") }

// byOwner is the term for the sockets of a process, or for those of which the process is not known.
func byOwner(p *poller.Process) string {
	if p == nil {
		return "-pid:>=0"
	}
	return fmt.Sprintf("pid:%d", p.PID)
}

// leaks: a process does not close connections that the other side has closed.
func (w *Watch) leaks(k look) (list []Finding) {
	for p, l := range w.closing.leaks {
		if l.count < closeWaitSome {
			continue
		}
		if !l.bad() {
			continue
		}
		more := l.grows()
		text := fmt.Sprintf("%s does not close its connections: %d are in CLOSE_WAIT, closed by the other side and not by it", nameOf(p), l.count)
		if more > 0 {
			text += fmt.Sprintf(", %d more than %s ago", more, short(w.now-l.samples[0].at))
		}
		if age := w.now - l.since; age > 0 {
			text += fmt.Sprintf("; the first was seen %s ago", short(age))
		}
		if peer, n := w.closing.most(p, k.rows); n > 0 {
			text += fmt.Sprintf("; most, %d, are with %s", n, peer)
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeCloseWait, Severity: Warning, Sentence: text + ".", Evidence: filter("state:CLOSE_WAIT", byOwner(p)), Mend: k.restart(p),
			Harmless: "A few for a moment are usual: the program has not got to closing them yet.",
		})
	}
	return bySentence(list)
}

// portsUsed: the local ports for one remote address and port run out.
func (w *Watch) portsUsed(k look) (list []Finding) {
	f := k.facts
	if f.FirstPort == 0 || f.LastPort < f.FirstPort {
		return nil
	}
	size := int(f.LastPort-f.FirstPort) + 1
	for _, s := range w.tuples.many((size*4+4)/5, k.rows) {
		if s.total*5 < size*4 {
			continue
		}
		severity, words := Warning, "Nearly all"
		if s.total >= size {
			severity, words = Failure, "All"
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeNoPorts, Severity: severity, Mend: k.ports(),
			Evidence: filter("proto:tcp", "dir:outbound,loopback", "lip:"+s.local.String(), "rip:"+s.remote.Addr().String(), fmt.Sprintf("rport:%d", s.remote.Port())),
			Sentence: fmt.Sprintf("%s of the %d local ports for connections to %s are in use (%d, of which %d in TIME_WAIT): new connections to it fail. The last was opened by %s.",
				words, size, s.remote, s.total, s.timeWait, lower(nameOf(s.owner))),
			Harmless: "Connections to other servers are not affected.",
		})
	}
	return bySentence(list)
}

// lower has the words for an unknown process stand within a sentence; a program's name stays as it is.
func lower(name string) string {
	if name == nameOf(nil) {
		return "a process that is not known"
	}
	return name
}

// backlogs: a listener does not accept what waits.
func (w *Watch) backlogs(k look) (list []Finding) {
	for _, c := range w.doors.rows(k.rows) {
		if !c.Known.Has(poller.KnownQueues) || c.SendQueue == 0 || c.ReceiveQueue < c.SendQueue {
			continue
		}
		port := c.Local.Port()
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeBacklog, Severity: Failure, Mend: k.backlog(c.Owner),
			Evidence: filter("state:LISTEN", "lip:"+c.Local.Addr().String(), fmt.Sprintf("lport:%d rq:>=%d", port, c.SendQueue)),
			Sentence: fmt.Sprintf("%s does not accept connections fast enough: %d wait on port %d, where %d may, and new ones are turned away.", nameOf(c.Owner), c.ReceiveQueue, port, c.SendQueue),
			Harmless: "In a rush of a second it empties by itself.",
		})
	}
	return bySentence(list)
}

// retransmits: much is sent again, to one peer or to everybody.
func (w *Watch) retransmits(k look) (list []Finding) {
	w.losses.turn(w.now)
	all := w.losses.all()
	lossy := 0
	for _, peer := range w.losses.peers() {
		own := w.losses.of(peer)
		if own.sent < 100 || own.again < 10 || own.rate() <= 0.03 {
			continue
		}
		lossy++
		t := Traffic{Retransmits: own.again, Segments: own.sent, OtherRetransmits: all.again - own.again, OtherSegments: all.sent - own.sent}
		if t.worse() {
			list = append(list, Finding{
				Place: PlaceServer, Cause: causeRetransmits, Severity: Warning, Mend: k.askAbout(netip.AddrPortFrom(peer, w.portOf(peer, k.rows))),
				Evidence: filter("retr:>0", "-dir:loopback", "rip:"+peer.String()),
				Sentence: fmt.Sprintf("%d %% of what is sent to %s is sent again, to all others %d %%: the way to it loses packets.", percent(own.rate()), peer, percent(segments{t.OtherSegments, t.OtherRetransmits}.rate())),
				Harmless: "Some is usual over Wi-Fi and mobile networks.",
			})
		}
	}
	if lossy >= 3 && all.rate() > 0.03 && all.sent >= 500 {
		return []Finding{{
			Place: PlaceLine, Cause: causeEverywhere, Severity: Warning, Evidence: "retr:>0 -dir:loopback", Mend: k.diagnose(),
			Sentence: fmt.Sprintf("%d %% of everything is sent again, to %d peers: the Wi-Fi, the cable or the line loses packets.", percent(all.rate()), lossy),
			Harmless: "Some is usual over Wi-Fi and mobile networks.",
		}}
	}
	return bySentence(list)
}

// portOf returns a port of a peer to which a connection with repeats leads, 443 where it has none any more.
func (w *Watch) portOf(peer netip.Addr, rows Rows) uint16 {
	for id := range w.losses.repeats {
		if c, ok := rows.Get(id); ok && c.Remote.Addr() == peer && c.Direction == poller.Outbound {
			return c.Remote.Port()
		}
	}
	return 443
}

// unreadQueues: a program does not read what came for it.
func (w *Watch) unreadQueues(k look) (list []Finding) {
	for p, q := range w.stuck(w.queues.unread, k.rows) {
		if l := w.closing.leaks[p]; l != nil && l.bad() {
			continue // it forgets connections, and what came by them: that was said
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeUnread, Severity: Warning, Evidence: filter("rq:>0", "-state:LISTEN,TIME_WAIT", byOwner(p)), Mend: k.restart(p),
			Sentence: fmt.Sprintf("%s does not read what arrived for it: %s on %s, for %s.", nameOf(p), size(q.bytes), several(q.count, "connection"), short(q.since)),
			Harmless: "A program may leave connections alone on purpose, such as one that is paused.",
		})
	}
	return bySentence(list)
}

// unsentQueues: a peer does not take what was sent to it.
func (w *Watch) unsentQueues(k look) (list []Finding) {
	for p, q := range w.stuck(w.queues.unsent, k.rows) {
		list = append(list, Finding{
			Place: PlaceServer, Cause: causeUnsent, Severity: Warning, Evidence: filter("proto:tcp", "sq:>0", "-state:LISTEN,TIME_WAIT", byOwner(p)), Mend: k.askAbout(q.oldest.Remote),
			Sentence: fmt.Sprintf("What %s sends is not taken: %s on %s, for %s, one of them with %s.", lower(nameOf(p)), size(q.bytes), several(q.count, "connection"), short(q.since), q.oldest.Remote),
			Harmless: "A receiver may slow a download down on purpose.",
		})
	}
	return bySentence(list)
}

// size writes bytes with two digits of the unit that suits, in thousands.
func size(bytes uint64) string {
	if bytes < 1000 {
		return several(int(bytes), "byte")
	}
	n := float64(bytes)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if n /= 1000; n < 9.95 {
			return fmt.Sprintf("%.1f %s", n, unit)
		} else if n < 999.5 {
			return fmt.Sprintf("%.0f %s", n, unit)
		}
	}
	return fmt.Sprintf("%.0f TB", n/1000)
}

// several writes a number of things.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
