package diagnose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"sockeye/poller"
)

// counterSample is what counters were at a moment.
type counterSample struct {
	at     time.Duration
	values [len(watchedCounters)]int64
}

// watchedCounters are the counters that rules compare over time.
var watchedCounters = [...]string{"TcpExt.ListenOverflows", "Udp.RcvbufErrors", "Udp.InErrors", "Udp6.RcvbufErrors", "Udp6.InErrors"}

// How far back counters are compared, and how far apart they are remembered.
const (
	counterSpan  = time.Minute
	counterApart = 5 * time.Second
)

// remember keeps the counters for a minute.
func (w *Watch) remember(f Facts) {
	if f.Counters == nil {
		return
	}
	w.counters = slices.DeleteFunc(w.counters, func(s counterSample) bool { return w.now-s.at > counterSpan })
	if n := len(w.counters); n > 0 && w.now-w.counters[n-1].at < counterApart {
		return
	}
	s := counterSample{at: w.now}
	for i, key := range watchedCounters {
		s.values[i] = f.Counters[key]
	}
	w.counters = append(w.counters, s)
}

// grown returns by how much a counter grew within the last minute, and since when; 0 where nothing is known.
func (w *Watch) grown(f Facts, key string) (by int64, since time.Duration) {
	i := slices.Index(watchedCounters[:], key)
	if f.Counters == nil || len(w.counters) == 0 || i < 0 {
		return 0, 0
	}
	return max(0, f.Counters[key]-w.counters[0].values[i]), w.now - w.counters[0].at
}

// overflows: connections were turned away at a listener.
func (w *Watch) overflows(k look) []Finding {
	by, since := w.grown(k.facts, "TcpExt.ListenOverflows")
	if by == 0 {
		return nil
	}
	return []Finding{{
		Place: PlaceMachine, Cause: causeOverflows, Severity: Warning, Evidence: "state:LISTEN", Mend: k.backlog(nil),
		Sentence: fmt.Sprintf("%s turned away in %s because a listening program did not accept fast enough.", were(by, "connection"), short(since)),
		Harmless: "The clients ask again after a second; a few in a rush are not noticed.",
	}}
}

// were writes a number of things that something was done to.
func were(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing + " was"
	}
	return fmt.Sprintf("%d %ss were", n, thing)
}

// udpLoss is how many datagrams that were thrown away within a minute are worth a word.
const udpLoss = 10

// udpErrors: datagrams arrived and were thrown away. The kernel counts them for the machine, and for each socket.
func (w *Watch) udpErrors(k look) []Finding {
	var lost, full int64
	var since time.Duration
	for _, family := range []string{"Udp", "Udp6"} {
		by, d := w.grown(k.facts, family+".InErrors")
		lost, since = lost+by, max(since, d)
		by, _ = w.grown(k.facts, family+".RcvbufErrors")
		full += by
	}
	worst, own, all := w.dropped.worst(k.rows)
	if int64(all) > lost {
		lost, since = int64(all), max(since, min(w.now, counterSpan))
	}
	if lost < udpLoss {
		return nil
	}
	text := fmt.Sprintf("%d UDP datagrams arrived in %s and were thrown away", lost, short(since))
	if full > 0 {
		text += fmt.Sprintf(", %d of them because a program does not read fast enough", full)
	}
	evidence, owner := "proto:udp", (*poller.Process)(nil)
	if worst != nil {
		owner = worst.Owner
		text += fmt.Sprintf("; most, %d, were for %s on port %d", own, lower(nameOf(owner)), worst.Local.Port())
		evidence = filter("proto:udp", "lip:"+worst.Local.Addr().String(), fmt.Sprintf("lport:%d", worst.Local.Port()), byOwner(owner))
	}
	return []Finding{{Place: PlaceMachine, Cause: causeUDP, Severity: Warning, Sentence: text + ".", Evidence: evidence, Mend: k.udpBuffer(owner), Harmless: "A few are usual: UDP promises nothing."}}
}

// conntrack: the table of tracked connections is nearly full; then new ones are dropped.
func (w *Watch) conntrack(k look) []Finding {
	f := k.facts
	if f.TrackedMost <= 0 || f.Tracked*10 < f.TrackedMost*8 {
		return nil
	}
	severity := Warning
	if f.Tracked*100 >= f.TrackedMost*95 {
		severity = Failure
	}
	return []Finding{{
		Place: PlaceMachine, Cause: causeConntrack, Severity: severity, Mend: k.mender.conntrack(f.TrackedMost), Evidence: "dir:inbound,outbound",
		Sentence: fmt.Sprintf("The firewall's table of connections is nearly full (%d of %d): when it is, new connections are dropped.", f.Tracked, f.TrackedMost),
		Harmless: "Entries of ended connections go by themselves after some minutes.",
	}}
}

// descriptors: a process has nearly as many files open as it may.
func (w *Watch) descriptors(k look) (list []Finding) {
	for _, pid := range slices.Sorted(maps.Keys(k.facts.Descriptors)) {
		d := k.facts.Descriptors[pid]
		if d.Most <= 0 || d.Open*100 < d.Most*85 {
			continue
		}
		name := fmt.Sprintf("Process %d", pid)
		for _, p := range w.busy {
			if p.PID == pid {
				name = nameOf(p)
			}
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeDescriptors, Severity: Failure, Evidence: fmt.Sprintf("pid:%d", pid), Mend: k.limit(pid),
			Sentence: fmt.Sprintf("%s has %d of %d file descriptors in use: when they are used up it can open and accept no connection.", name, d.Open, d.Most),
			Harmless: "Where the program is known to stay below its limit.",
		})
	}
	return list
}

// busiest returns the processes with many sockets, those with the most first.
func busiest(rows Rows) []*poller.Process {
	by := map[*poller.Process]int{}
	for c := range rows.All() {
		if c.Owner != nil {
			by[c.Owner]++
		}
	}
	var list []*poller.Process
	for p, n := range by {
		if n >= busySockets {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *poller.Process) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a.PID, b.PID))
	})
	return list[:min(len(list), busyMost)]
}
