package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockeye/poller"
)

// Facts are what the rules need to know beside the socket table. The zero value of a field is "not known", and rules
// that need it find nothing.
type Facts struct {
	// FirstPort and LastPort are the range of local ports for connections from here.
	FirstPort, LastPort uint16
	// Tracked and TrackedMost are the entries of the connection tracking table and their limit.
	Tracked, TrackedMost int64
	// Counters are the protocol counters since boot by their keys, as netinfo.Values gives them.
	Counters map[string]int64
	// Descriptors are those of the processes that [Watch.Wants] named.
	Descriptors map[int32]Descriptors
	// Tried counts for ports of this machine how often others asked in vain lately.
	Tried map[uint16]int
	// GOOS is the operating system whose commands are named, as in runtime.GOOS.
	GOOS string
}

// Descriptors are a process's open files and their limit.
type Descriptors struct{ Open, Most int64 }

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

// Findings applies all rules, and remembers the counters for the next time. The worst come first, at most 8 of each rule.
func (w *Watch) Findings(f Facts) []Finding {
	m := mender{f.GOOS}
	list := []Finding{}
	for _, rule := range []func(Facts, mender) []Finding{
		w.leaks, w.portsUsed, w.backlogs, w.overflows, w.calls, w.retransmits, w.unreadQueues, w.unsentQueues, w.udpErrors,
		w.conntrack, w.descriptors, w.loopbackOnly, w.newListeners,
	} {
		found := rule(f, m)
		list = append(list, found[:min(len(found), 8)]...)
	}
	w.remember(f)
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return list
}

// nameOf names a process for a sentence.
func nameOf(p *poller.Process) string {
	if p == nil {
		return "A process that is not known"
	}
	return fmt.Sprintf("%s (PID %d)", p.Name, p.PID)
}

// byPID is the filter for a process, with a blank in front; "" where it is not known.
func byPID(p *poller.Process) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf(" pid:%d", p.PID)
}

// leakOf returns the CLOSE_WAIT connections of a process.
func (w *Watch) leakOf(p *poller.Process) *leak {
	l := w.closeWait[p]
	if l == nil {
		l = &leak{remotes: map[netip.Addr]int{}}
		w.closeWait[p] = l
	}
	return l
}

// leaks: a process does not close connections that the other side has closed.
func (w *Watch) leaks(_ Facts, m mender) (list []Finding) {
	for p, l := range w.closeWait {
		if l.count < closeWaitSome {
			continue
		}
		l.sample(w.now)
		more := l.grows()
		if l.count < closeWaitMany && more < closeWaitSome {
			continue
		}
		peer, n := l.most()
		text := fmt.Sprintf("%s does not close its connections: %d are in CLOSE_WAIT, closed by the other side and not by it", nameOf(p), l.count)
		if more > 0 {
			text += fmt.Sprintf(", %d more than %s ago", more, short(w.now.Sub(l.samples[0].at)))
		}
		text += fmt.Sprintf("; most, %d, are with %s.", n, peer)
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeCloseWait, Severity: Warning, Sentence: text, Evidence: "state:CLOSE_WAIT" + byPID(p), Mend: m.restart(p),
			Harmless: "A few for a moment are usual: the program has not got to closing them yet.",
		})
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Sentence, b.Sentence) })
	return list
}

// portsUsed: the local ports for one remote address and port run out.
func (w *Watch) portsUsed(f Facts, m mender) (list []Finding) {
	if f.FirstPort == 0 || f.LastPort < f.FirstPort {
		return nil
	}
	size := int(f.LastPort-f.FirstPort) + 1
	for k, s := range w.hot {
		if s.total*5 < size*4 {
			continue
		}
		severity, words := Warning, "nearly all"
		if s.total >= size {
			severity, words = Failure, "all"
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeNoPorts, Severity: severity, Mend: m.ports(), Evidence: fmt.Sprintf("rip:%s rport:%d", k.remote.Addr(), k.remote.Port()),
			Sentence: fmt.Sprintf("%s of the %d local ports for connections to %s are in use (%d, of which %d in TIME_WAIT): new connections to it fail. The last was opened by %s.",
				upper(words), size, k.remote, s.total, s.timeWait, nameOf(s.owner)),
			Harmless: "Connections to other servers are not affected.",
		})
	}
	return list
}

// upper writes the first letter large.
func upper(s string) string { return string(s[0]-'a'+'A') + s[1:] }

// backlogs: a listener does not accept what waits.
func (w *Watch) backlogs(_ Facts, m mender) (list []Finding) {
	for _, b := range w.listeners {
		if b.protocol != poller.TCP || b.most == 0 || b.length < b.most {
			continue
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeBacklog, Severity: Failure, Mend: m.backlog(b.owner), Evidence: fmt.Sprintf("state:LISTEN lport:%d", b.local.Port()),
			Sentence: fmt.Sprintf("%s does not accept connections fast enough: %d wait on port %d, where %d may, and new ones are turned away.", nameOf(b.owner), b.length, b.local.Port(), b.most),
			Harmless: "In a rush of a second it empties by itself.",
		})
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Sentence, b.Sentence) })
	return list
}

// How old a request must be to count as not answered, and how many make a finding.
const (
	callOld  = 3 * time.Second
	callsOne = 5
	callsAll = 8
	callsMax = 10000 // that are looked at
)

// calls: connections that are asked for are not answered, by one or by all.
func (w *Watch) calls(_ Facts, _ mender) (list []Finding) {
	by, total, looked := map[netip.Addr]int{}, 0, 0
	who := map[netip.Addr]*poller.Process{}
	for _, c := range w.calling {
		if looked++; looked > callsMax {
			break
		}
		if c.asked || w.now.Sub(c.since) >= callOld {
			by[c.remote.Addr()]++
			who[c.remote.Addr()] = c.owner
			total++
		}
	}
	if len(by) >= 3 && total >= callsAll && w.now.Sub(w.answered) > 2*callOld {
		return []Finding{{
			Place: PlaceLine, Cause: causeCallsAll, Severity: Warning, Evidence: "state:SYN_SENT", Mend: []string{"sockeye diagnose"},
			Sentence: fmt.Sprintf("%d connections to %d addresses are not answered, and no other was lately: the way out is broken, or a firewall holds them back.", total, len(by)),
			Harmless: "A program that looks through a network for devices asks many that are not there.",
		}}
	}
	for a, n := range by {
		if n >= callsOne {
			list = append(list, Finding{
				Place: PlaceServer, Cause: causeCallsOne, Severity: Warning, Evidence: "state:SYN_SENT rip:" + a.String(), Mend: []string{"sockeye diagnose --target " + netip.AddrPortFrom(a, 443).String()},
				Sentence: fmt.Sprintf("%s does not answer: %d connections to it wait, the last of %s.", a, n, nameOf(who[a])),
				Harmless: "The server may be switched off on purpose.",
			})
		}
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Evidence, b.Evidence) })
	return list
}

// retransmits: much is sent again, to one peer or to everybody.
func (w *Watch) retransmits(Facts, mender) (list []Finding) {
	all := w.losses.all()
	lossy := 0
	for peer := range w.losses.newer {
		own := w.losses.of(peer)
		if own.sent < 100 || own.again < 10 || own.rate() <= 0.03 {
			continue
		}
		lossy++
		t := Traffic{Retransmits: own.again, Segments: own.sent, OtherRetransmits: all.again - own.again, OtherSegments: all.sent - own.sent}
		if t.worse() {
			list = append(list, Finding{
				Place: PlaceServer, Cause: causeRetransmits, Severity: Warning, Evidence: "rip:" + peer.String(), Mend: []string{"sockeye diagnose"},
				Sentence: fmt.Sprintf("%d %% of what is sent to %s is sent again, to all others %d %%: the way to it loses packets.", percent(own.rate()), peer, percent(segments{t.OtherSegments, t.OtherRetransmits}.rate())),
				Harmless: "Some is usual over Wi-Fi and mobile networks.",
			})
		}
	}
	if lossy >= 3 && all.rate() > 0.03 && all.sent >= 500 {
		return []Finding{{
			Place: PlaceLine, Cause: causeEverywhere, Severity: Warning, Evidence: "dir:outbound", Mend: []string{"sockeye diagnose"},
			Sentence: fmt.Sprintf("%d %% of everything is sent again, to %d peers: the Wi-Fi, the cable or the line loses packets.", percent(all.rate()), lossy),
			Harmless: "Some is usual over Wi-Fi and mobile networks.",
		}}
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Evidence, b.Evidence) })
	return list
}

// stuckFor is for how long nothing may go out of a queue.
const stuckFor = 30 * time.Second

// unreadQueues: a program does not read what came for it.
func (w *Watch) unreadQueues(_ Facts, m mender) (list []Finding) {
	for p, q := range w.stuck(w.unread) {
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeUnread, Severity: Warning, Evidence: "state:ESTABLISHED" + byPID(p), Mend: m.restart(p),
			Sentence: fmt.Sprintf("%s does not read what arrived for it: %d bytes wait on %d connections, for %s.", nameOf(p), q.bytes, q.count, short(w.now.Sub(q.since))),
			Harmless: "A program may leave connections alone on purpose, such as one that is paused.",
		})
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Sentence, b.Sentence) })
	return list
}

// unsentQueues: a peer does not take what was sent to it.
func (w *Watch) unsentQueues(_ Facts, _ mender) (list []Finding) {
	for p, q := range w.stuck(w.unsent) {
		list = append(list, Finding{
			Place: PlaceServer, Cause: causeUnsent, Severity: Warning, Evidence: "state:ESTABLISHED" + byPID(p), Mend: []string{"sockeye diagnose --target " + q.remote.String()},
			Sentence: fmt.Sprintf("What %s sends is not taken: %d bytes wait on %d connections, for %s, one of them with %s.", nameOf(p), q.bytes, q.count, short(w.now.Sub(q.since)), q.remote),
			Harmless: "A receiver may slow a download down on purpose.",
		})
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Compare(a.Sentence, b.Sentence) })
	return list
}

// stuckQueues are the stuck queues of one process.
type stuckQueues struct {
	bytes  uint64
	count  int
	since  time.Time // the oldest
	remote netip.AddrPort
}

// stuck returns the queues out of which nothing went for long, by process.
func (w *Watch) stuck(m map[poller.ID]queue) map[*poller.Process]stuckQueues {
	by := map[*poller.Process]stuckQueues{}
	for _, q := range m {
		if w.now.Sub(q.since) < stuckFor {
			continue
		}
		s := by[q.owner]
		if s.count == 0 || q.since.Before(s.since) {
			s.since, s.remote = q.since, q.remote
		}
		s.bytes, s.count = s.bytes+uint64(q.bytes), s.count+1
		by[q.owner] = s
	}
	return by
}
