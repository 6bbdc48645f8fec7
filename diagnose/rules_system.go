package diagnose

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sockeye/poller"
)

// counterSample is what counters were at a moment.
type counterSample struct {
	at     time.Time
	values [len(watchedCounters)]int64
	known  bool
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
	w.counters = slices.DeleteFunc(w.counters, func(s counterSample) bool { return w.now.Sub(s.at) > counterSpan })
	if n := len(w.counters); n > 0 && w.now.Sub(w.counters[n-1].at) < counterApart {
		return
	}
	s := counterSample{at: w.now, known: true}
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
	return max(0, f.Counters[key]-w.counters[0].values[i]), w.now.Sub(w.counters[0].at)
}

// overflows: connections were turned away at a listener.
func (w *Watch) overflows(f Facts, m mender) []Finding {
	by, since := w.grown(f, "TcpExt.ListenOverflows")
	if by == 0 {
		return nil
	}
	return []Finding{{
		Place: PlaceMachine, Cause: causeOverflows, Severity: Warning, Evidence: "state:LISTEN", Mend: m.backlog(nil),
		Sentence: fmt.Sprintf("%d connections were turned away in %s because a listening program did not accept fast enough.", by, short(since)),
		Harmless: "The clients ask again after a second; a few in a rush are not noticed.",
	}}
}

// udpErrors: datagrams arrived and were thrown away.
func (w *Watch) udpErrors(f Facts, m mender) []Finding {
	var lost, full int64
	var since time.Duration
	for _, family := range []string{"Udp", "Udp6"} {
		by, d := w.grown(f, family+".InErrors")
		lost, since = lost+by, max(since, d)
		by, _ = w.grown(f, family+".RcvbufErrors")
		full += by
	}
	if lost < 10 {
		return nil
	}
	text := fmt.Sprintf("%d UDP datagrams arrived in %s and were thrown away.", lost, short(since))
	if full > 0 {
		text = fmt.Sprintf("%d UDP datagrams arrived in %s and were thrown away, %d of them because a program does not read fast enough.", lost, short(since), full)
	}
	return []Finding{{Place: PlaceMachine, Cause: causeUDP, Severity: Warning, Sentence: text, Evidence: "proto:udp", Mend: m.udpBuffer(), Harmless: "A few are usual: UDP promises nothing."}}
}

// conntrack: the table of tracked connections is nearly full; then new ones are dropped.
func (w *Watch) conntrack(f Facts, m mender) []Finding {
	if f.TrackedMost <= 0 || f.Tracked*10 < f.TrackedMost*8 {
		return nil
	}
	severity := Warning
	if f.Tracked*100 >= f.TrackedMost*95 {
		severity = Failure
	}
	return []Finding{{
		Place: PlaceMachine, Cause: causeConntrack, Severity: severity, Mend: m.conntrack(f.TrackedMost),
		Sentence: fmt.Sprintf("The firewall's table of connections is nearly full (%d of %d): when it is, new connections are dropped.", f.Tracked, f.TrackedMost),
		Harmless: "Entries of ended connections go by themselves after some minutes.",
	}}
}

// descriptors: a process has nearly as many files open as it may.
func (w *Watch) descriptors(f Facts, m mender) (list []Finding) {
	for _, pid := range slices.Sorted(maps.Keys(f.Descriptors)) {
		d := f.Descriptors[pid]
		if d.Most <= 0 || d.Open*100 < d.Most*85 {
			continue
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeDescriptors, Severity: Failure, Evidence: fmt.Sprintf("pid:%d", pid), Mend: m.limit(pid),
			Sentence: fmt.Sprintf("Process %d has %d of %d file descriptors in use: when they are used up it can open and accept no connection.", pid, d.Open, d.Most),
			Harmless: "Where the program is known to stay below its limit.",
		})
	}
	return list
}

// loopbackOnly: others ask for a port that is open for this machine only.
func (w *Watch) loopbackOnly(f Facts, _ mender) (list []Finding) {
	if len(f.Tried) == 0 {
		return nil
	}
	inner, outer := map[uint16]*backlog{}, map[uint16]bool{}
	for _, b := range w.listeners {
		if b.local.Addr().IsLoopback() {
			inner[b.local.Port()] = b
		} else {
			outer[b.local.Port()] = true
		}
	}
	for _, port := range slices.Sorted(maps.Keys(f.Tried)) {
		b := inner[port]
		if b == nil || outer[port] {
			continue
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeLoopback, Severity: Notice, Evidence: fmt.Sprintf("state:LISTEN lport:%d", port),
			Mend:     []string{"Have it listen on 0.0.0.0 or on this machine's address, and ask yourself first who may use it."},
			Sentence: fmt.Sprintf("%s listens on port %d for this machine only, and others tried to reach it %d times.", nameOf(b.owner), port, f.Tried[port]),
			Harmless: "Where it is meant for this machine only, this is how it should be.",
		})
	}
	return list
}

// newFor is for how long a listener is called new.
const newFor = 10 * time.Minute

// newListeners: something new can be reached from everywhere.
func (w *Watch) newListeners(_ Facts, m mender) (list []Finding) {
	w.fresh = slices.DeleteFunc(w.fresh, func(n newListener) bool {
		_, there := w.listeners[n.id]
		return !there || w.now.Sub(n.at) > newFor
	})
	for _, n := range w.fresh {
		owner := n.owner
		if b := w.listeners[n.id]; b.owner != nil {
			owner = b.owner
		}
		list = append(list, Finding{
			Place: PlaceMachine, Cause: causeNewListener, Severity: Notice, Evidence: fmt.Sprintf("state:LISTEN lport:%d", n.local.Port()), Mend: m.stop(owner),
			Sentence: fmt.Sprintf("%s listens on port %d of all addresses, since %s ago: others can reach it.", nameOf(owner), n.local.Port(), short(w.now.Sub(n.at))),
			Harmless: "Where you have just started it.",
		})
	}
	return list
}

// restart says what to do with a program that hangs or leaks.
func (m mender) restart(p *poller.Process) []string {
	if p == nil {
		return []string{"Find the program and restart it; tell who makes it."}
	}
	pid := fmt.Sprint(p.PID)
	return m.choose([]string{"ls -l /proc/" + pid + "/fd | grep -c socket", "systemctl status " + pid}, []string{"lsof -nP -i -a -p " + pid}, []string{"Get-Process -Id " + pid}, "Restart the program; it forgets to close or to read, which its maker has to mend.")
}

// stop says what to do with a program that should not run.
func (m mender) stop(p *poller.Process) []string {
	if p == nil {
		return []string{}
	}
	pid := fmt.Sprint(p.PID)
	return m.choose([]string{"kill " + pid}, []string{"kill " + pid}, []string{"Stop-Process -Id " + pid}, "If you do not want it: end the program, or have it listen on 127.0.0.1.")
}

func (m mender) backlog(p *poller.Process) []string {
	return m.choose(append([]string{"ss -ltn", "sysctl net.core.somaxconn"}, m.restart(p)[1:]...), []string{"netstat -Lan"}, nil, "See why the program does not accept: it hangs, or has too few workers. A longer queue only helps against a rush.")
}

func (m mender) udpBuffer() []string {
	return m.choose([]string{"ss -unp", "sysctl -w net.core.rmem_max=8388608"}, []string{"sysctl kern.ipc.maxsockbuf"}, nil, "See which program's receive queue is full, and give it a larger buffer.")
}

func (m mender) conntrack(most int64) []string {
	return m.choose([]string{fmt.Sprintf("sysctl -w net.netfilter.nf_conntrack_max=%d", most*2), "conntrack -S"}, nil, nil, "")
}

func (m mender) limit(pid int32) []string {
	return m.choose([]string{fmt.Sprintf("prlimit --pid %d --nofile=65536:65536", pid), strings.TrimSpace(fmt.Sprintf("ls /proc/%d/fd | wc -l", pid))}, []string{"launchctl limit maxfiles"}, nil, "Raise the limit, and see why it holds so many.")
}
