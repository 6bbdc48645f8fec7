package diagnose

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"sockeye/netinfo"
)

// Patience is the longest that [Run] takes.
const Patience = 9500 * time.Millisecond

// Report is a diagnosis.
type Report struct {
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took_ns"`
	Target  string        `json:"target,omitempty"`
	Verdict Verdict       `json:"verdict"`
	// Rungs are in the order of the ladder.
	Rungs []Rung `json:"rungs"`
}

// ladder is one diagnosis in progress.
type ladder struct {
	o       Options
	e       evidence
	conf    resolvConf
	confErr error
	from    string // where the name servers stand
	servers []netip.AddrPort
	behind  []netip.AddrPort // whom a name server on this machine asks
	hosts   []byte
	dialed  chan struct{} // closed when e.internet is filled in

	mu    sync.Mutex
	rungs []Rung // guarded by mu
}

// Run climbs the ladder and returns the verdict. It ends within [Patience], or soon after ctx does; what was not
// finished by then is unknown.
func Run(ctx context.Context, o Options) Report {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	l := &ladder{o: o.WithDefaults(), dialed: make(chan struct{})}
	l.prepare()
	l.climb(ctx)
	slices.SortFunc(l.rungs, func(a, b Rung) int { return slices.Index(Steps(), a.Step) - slices.Index(Steps(), b.Step) })
	v := judge(&l.e, l.o.Now(), runtime.GOOS)
	if errors.Is(context.Cause(ctx), context.Canceled) {
		v = Verdict{State: CannotTell, Finding: Finding{Cause: "interrupted", Sentence: "The diagnosis was ended before it was done.", Mend: []string{}}, Also: []Finding{}}
	}
	if v.Also == nil {
		v.Also = []Finding{} // an empty list is told as one
	}
	return Report{At: begun, Took: time.Since(begun), Target: l.o.Target, Verdict: v, Rungs: l.rungs}
}

// prepare reads how names become addresses.
func (l *ladder) prepare() {
	l.from = l.o.ResolvConf
	b, err := os.ReadFile(l.o.ResolvConf)
	if err != nil && (!errors.Is(err, fs.ErrNotExist) || runtime.GOOS == "windows") {
		l.confErr = err
	}
	l.conf = parseResolvConf(b)
	if err == nil && len(l.conf.servers) == 0 {
		l.conf.servers = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} // as resolv.conf(5) says
	}
	for _, s := range l.conf.servers {
		l.servers = append(l.servers, netip.AddrPortFrom(s, 53))
	}
	l.e.search = l.conf.search
	if l.stub() {
		if b, err := os.ReadFile(l.o.Upstreams); err == nil { // without it the name server is somebody else's
			for _, s := range parseResolvConf(b).servers {
				l.behind = append(l.behind, netip.AddrPortFrom(s, 53))
			}
		}
	}
	if b, err := os.ReadFile(l.o.Hosts); err == nil { // without one nothing is overridden
		l.hosts = b
	}
}

// stub reports whether the only name servers are those that systemd-resolved runs on this machine.
func (l *ladder) stub() bool {
	for _, s := range l.conf.servers {
		if s != netip.AddrFrom4([4]byte{127, 0, 0, 53}) && s != netip.AddrFrom4([4]byte{127, 0, 0, 54}) {
			return false
		}
	}
	return len(l.conf.servers) > 0
}

// climb does the steps: what is only read first, then everything that waits for others at once, then what follows from it.
func (l *ladder) climb(ctx context.Context) {
	stop := func() {}
	if s, end, err := watchWire(); err == nil {
		l.e.wire, stop = s, end
	} else {
		l.e.wireErr = err
	}
	defer stop()
	before := repeatsRefused()
	l.step(ctx, StepLink, l.links)
	l.step(ctx, StepRoute, l.routing)
	all(
		func() { l.step(ctx, StepAddresses, l.addresses) },
		func() { l.step(ctx, StepGateway, l.gateways) },
		func() { l.step(ctx, StepResolver, l.resolvers) },
		func() { l.step(ctx, StepInternet, l.internet); l.step(ctx, StepIPv6, l.ipv6) },
		func() { l.step(ctx, StepName, l.names) },
		func() { l.step(ctx, StepProxy, l.proxySettings) },
		func() { l.step(ctx, StepSockets, l.socketTable) },
		func() {
			if l.o.Target != "" {
				l.step(ctx, StepTarget, l.server)
			}
		},
	)
	l.e.notRepeated = repeatsRefused() - before
	l.step(ctx, StepPathMTU, l.pathMTU)
	l.step(ctx, StepFirewall, l.firewall)
	l.step(ctx, StepQuality, l.measure)
}

// repeatsRefused counts the segments that this machine itself did not let out when it sent them again, which its
// firewall does; 0 where that is not known.
func repeatsRefused() int64 {
	list, err := netinfo.CountersNow()
	if err != nil {
		return 0
	}
	return netinfo.Values(list)["TcpExt.TCPRetransFail"]
}

// step does one step and reports its rung.
func (l *ladder) step(ctx context.Context, s Step, do func(context.Context, *Rung)) {
	r := Rung{Step: s, Title: s.Title(), Status: OK, Facts: []Fact{}}
	begun := time.Now()
	do(ctx, &r)
	r.Took = time.Since(begun)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rungs = append(l.rungs, r)
	l.o.Report(r)
}

// socketTable takes over what is known of the socket table.
func (l *ladder) socketTable(ctx context.Context, r *Rung) {
	if l.o.Findings == nil {
		r.Status, r.Result = Skipped, "The socket table was not looked at."
		return
	}
	found, err := l.o.Findings(ctx)
	if err != nil {
		r.Status, r.Result = Unknown, "The socket table could not be read: "+err.Error()
		return
	}
	l.e.sockets = found
	r.Result = "Nothing is wrong in the socket table."
	for _, f := range found {
		r.fact("look at the socket table", f.Sentence, 0)
		if f.Severity > Notice && r.Status == OK {
			r.Status, r.Result = Trouble, f.Sentence
		}
	}
}
