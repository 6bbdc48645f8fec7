package diagnose

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

// ruleCase is a table in which a rule finds something, beside much that it does not mean.
type ruleCase struct {
	cause string
	make  func() (*bench, Facts)
	meant []poller.ID // the rows that the link of its evidence has to show, and no other
}

// bystanders are rows that no rule means: one of each kind that is near to what some rule does mean.
func bystanders() []poller.Connection {
	other := &poller.Process{PID: 8120, Name: "app2"} // its PID begins like app's
	quiet := conn(900, poller.StateEstablished, "198.51.100.77:443")
	theirs := conn(901, poller.StateCloseWait, "198.51.100.7:443")
	theirs.Owner = other
	udp := conn(902, poller.StateNone, "0.0.0.0:0")
	udp.Protocol, udp.Local, udp.Direction = poller.UDP, netip.MustParseAddrPort("192.0.2.1:80"), poller.Listening
	local := listener(903, "127.0.0.1:80", 0, 128)
	dual := listener(904, "[::1]:8080", 0, 128)
	dual.Owner = other
	inbound := conn(905, poller.StateEstablished, "198.51.100.7:443")
	inbound.Direction, inbound.Owner = poller.Inbound, other
	ended := conn(906, poller.StateTimeWait, "198.51.100.77:80")
	ended.Owner = nil
	return []poller.Connection{quiet, theirs, udp, local, dual, inbound, ended}
}

// withQueues makes a connection with bytes that wait.
func withQueues(id int, receive, send uint32, owner *poller.Process) poller.Connection {
	c := conn(id, poller.StateEstablished, "198.51.100.7:443")
	c.ReceiveQueue, c.SendQueue, c.Owner = receive, send, owner
	return c
}

// ids are consecutive.
func ids(from, count int) (list []poller.ID) {
	for i := range count {
		list = append(list, poller.ID(from+i))
	}
	return list
}

// among makes a bench of rows and of bystanders, some time after they were there.
func among(later time.Duration, rows ...poller.Connection) *bench {
	b := newBench(append(rows, bystanders()...)...)
	if later > 0 {
		b.poll(later, poller.Delta{})
	}
	return b
}

// ruleCases has at least one for each rule.
var ruleCases = []ruleCase{
	{causeCloseWait, func() (*bench, Facts) {
		return among(0, many(1, closeWaitMany, poller.StateCloseWait, "198.51.100.7:443")...), Facts{}
	}, ids(1, closeWaitMany)},
	{causeCloseWait, func() (*bench, Facts) { // of a process that is not known
		rows := many(1, closeWaitMany, poller.StateCloseWait, "198.51.100.7:443")
		for i := range rows {
			rows[i].Owner = nil
		}
		return among(0, rows...), Facts{}
	}, ids(1, closeWaitMany)},
	{causeNoPorts, func() (*bench, Facts) {
		return among(0, append(many(1, 6, poller.StateTimeWait, "198.51.100.7:443"), many(7, 3, poller.StateEstablished, "198.51.100.7:443")...)...), Facts{FirstPort: 40000, LastPort: 40009}
	}, append(ids(1, 9), 901)},
	{causeNoPorts, func() (*bench, Facts) { // within this machine, by a link-local address
		rows := many(1, 9, poller.StateEstablished, "[fe80::7%eth0]:443")
		for i := range rows {
			rows[i].Local, rows[i].Direction = netip.MustParseAddrPort(fmt.Sprintf("[fe80::1%%eth0]:%d", 40000+i)), poller.Loopback
		}
		return among(0, rows...), Facts{FirstPort: 40000, LastPort: 40009}
	}, ids(1, 9)},
	{causeBacklog, func() (*bench, Facts) {
		return among(0, listener(1, "0.0.0.0:80", 128, 128), listener(2, "192.0.2.1:80", 3, 128)), Facts{}
	}, ids(1, 1)},
	{causeOverflows, func() (*bench, Facts) {
		b := among(0)
		b.w.Findings(b, Facts{Counters: map[string]int64{"TcpExt.ListenOverflows": 5}})
		b.poll(6*time.Second, poller.Delta{})
		return b, Facts{Counters: map[string]int64{"TcpExt.ListenOverflows": 6}}
	}, ids(903, 2)},
	{causeCallsOne, func() (*bench, Facts) {
		return among(4*time.Second, append(many(1, 5, poller.StateSynSent, "198.51.100.7:443"), conn(6, poller.StateSynSent, "198.51.100.70:443"))...), Facts{}
	}, ids(1, 5)},
	{causeCallsAll, func() (*bench, Facts) {
		var rows []poller.Connection
		for i := range 9 {
			rows = append(rows, conn(i+1, poller.StateSynSent, fmt.Sprintf("198.51.100.%d:443", i%3+1)))
		}
		return among(7*time.Second, rows...), Facts{}
	}, ids(1, 9)},
	{causeRetransmits, func() (*bench, Facts) {
		return among(0, sends(1, "198.51.100.7:443", 400, 40, 0), sends(2, "198.51.100.7:443", 40, 0, 0), sends(3, "198.51.100.8:443", 4000, 1, 0)), Facts{}
	}, ids(1, 1)},
	{causeEverywhere, func() (*bench, Facts) {
		return among(0, sends(1, "198.51.100.7:443", 400, 40, 0), sends(2, "198.51.100.8:443", 400, 40, 0), sends(3, "198.51.100.9:443", 400, 41, 0)), Facts{}
	}, ids(1, 3)},
	{causeUnread, func() (*bench, Facts) {
		return among(40*time.Second, withQueues(1, 5, 0, app), withQueues(2, 5, 0, app), withQueues(3, 0, 0, app)), Facts{}
	}, ids(1, 2)},
	{causeUnread, func() (*bench, Facts) {
		return among(40*time.Second, withQueues(1, 5, 0, nil), withQueues(2, 0, 0, nil)), Facts{}
	}, ids(1, 1)},
	{causeUnsent, func() (*bench, Facts) {
		return among(40*time.Second, withQueues(1, 0, 5, app), withQueues(3, 0, 0, app)), Facts{}
	}, ids(1, 1)},
	{causeUDP, func() (*bench, Facts) {
		b := among(0, drops(1, "192.0.2.1:53", 5), drops(2, "192.0.2.1:54", 5))
		b.poll(time.Second, change(drops(1, "192.0.2.1:53", 55)))
		return b, Facts{}
	}, ids(1, 1)},
	{causeConntrack, func() (*bench, Facts) { return among(0), Facts{Tracked: 99, TrackedMost: 100} }, []poller.ID{900, 901, 905, 906}},
	{causeDescriptors, func() (*bench, Facts) {
		return among(0, conn(1, poller.StateEstablished, "198.51.100.7:443")), Facts{Descriptors: map[int32]Descriptors{8120: {99, 100}}}
	}, []poller.ID{901, 904, 905}},
	{causeLoopback, func() (*bench, Facts) {
		return among(0), Facts{Tries: []Try{{netip.MustParseAddrPort("192.0.2.9:4000"), 80}}}
	}, ids(903, 1)},
	{causeNewListener, func() (*bench, Facts) {
		b := among(0)
		b.poll(time.Second, open(listener(1, "0.0.0.0:80", 0, 128), listener(2, "192.0.2.1:80", 0, 128)))
		return b, Facts{}
	}, ids(1, 1)},
}

// TestEvidenceShowsTheRowsMeant: the link of each finding shows exactly the connections of which it speaks.
func TestEvidenceShowsTheRowsMeant(t *testing.T) {
	for i, c := range ruleCases {
		t.Run(fmt.Sprint(c.cause, i), func(t *testing.T) {
			b, f := c.make()
			f.GOOS = "linux"
			list := b.w.Findings(b, f)
			if len(list) != 1 || list[0].Cause != c.cause {
				t.Fatalf("found %+v", list)
			}
			q, err := query.Parse(list[0].Evidence)
			if err != nil || q.IsZero() {
				t.Fatalf("%q: %v", list[0].Evidence, err)
			}
			var got []poller.ID
			for row := range b.All() {
				if q.Match(row) {
					got = append(got, row.ID)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.meant) {
				t.Errorf("%q shows %v, want %v", list[0].Evidence, got, c.meant)
			}
			again, err := query.Parse(q.String())
			if err != nil || again.Encode() != q.Encode() {
				t.Errorf("%q is read back as %q, %v", list[0].Evidence, again.Encode(), err)
			}
		})
	}
}

// foreign are words of commands that only one system has.
var foreign = map[string][]string{
	"linux":   {"Get-", "netsh", "scutil", "networksetup", "launchctl", "sockstat", "procstat", "pfctl", "ifconfig", "lsof"},
	"darwin":  {"Get-", "netsh", "systemctl", "/proc/", "ss -", "ip route", "ip link", "sockstat", "procstat", "nmcli", "conntrack", "prlimit", "net.core", "net.ipv4"},
	"windows": {"systemctl", "/proc/", "ss -", "ip route", "ip link", "sockstat", "procstat", "kill ", "sysctl", "lsof", "grep", "/etc/", "prlimit", "pfctl"},
	"freebsd": {"Get-", "netsh", "systemctl", "/proc/", "ss -", "ip route", "ip link", "scutil", "networksetup", "launchctl", "nmcli", "conntrack", "prlimit", "net.core", "net.ipv4", "lsof"},
}

// TestFindingsAreWhole: on each system every rule says how bad it is and where, in one sentence, shows the rows, names
// commands of this system, and says when it is no trouble.
func TestFindingsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range ruleCases {
		for goos, wrong := range foreign {
			b, f := c.make()
			f.GOOS = goos
			list := b.w.Findings(b, f)
			if len(list) != 1 {
				t.Fatalf("%s: found %+v", c.cause, list)
			}
			seen[c.cause] = true
			checkWhole(t, goos, list[0], wrong)
		}
	}
	for _, cause := range []string{causeCloseWait, causeNoPorts, causeBacklog, causeOverflows, causeCallsOne, causeCallsAll, causeRetransmits, causeEverywhere,
		causeUnread, causeUnsent, causeUDP, causeConntrack, causeDescriptors, causeLoopback, causeNewListener} {
		if !seen[cause] {
			t.Errorf("no case for %s", cause)
		}
	}
}

// checkWhole checks one finding.
func checkWhole(t *testing.T, goos string, f Finding, wrong []string) {
	t.Helper()
	if f.Place == PlaceNone || f.Severity < Notice || f.Severity > Failure || f.Evidence == "" {
		t.Errorf("%s on %s: %+v", f.Cause, goos, f)
	}
	for _, text := range []string{f.Sentence, f.Harmless} {
		if !strings.HasSuffix(text, ".") || text[0] >= 'a' && text[0] <= 'z' && !strings.HasPrefix(text, "app") || strings.Contains(text, "%!") {
			t.Errorf("%s on %s: %q is no sentence", f.Cause, goos, text)
		}
	}
	commands := 0
	for _, line := range f.Mend {
		if !strings.HasSuffix(line, ".") {
			commands++
		}
		for _, word := range wrong {
			if strings.Contains(" "+line, " "+word) {
				t.Errorf("%s on %s: %q is no command there", f.Cause, goos, line)
			}
		}
	}
	if commands == 0 {
		t.Errorf("%s on %s: no command in %q", f.Cause, goos, f.Mend)
	}
}

// TestMendsOfTheLadder: what the ladder advises is for the system that it runs on, too.
func TestMendsOfTheLadder(t *testing.T) {
	for goos, wrong := range foreign {
		m := mender{goos}
		for name, list := range map[string][]string{
			"interfaces": m.interfaces(), "switchOn": m.switchOn("en0"), "plugIn": m.plugIn("en0"), "address": m.address("en0"), "defaultRoute": m.defaultRoute("en0"),
			"ports": m.ports(), "router": m.router(netip.MustParseAddr("192.0.2.1")), "firewall": m.firewall(), "resolver": m.resolver(), "oneResolver": m.oneResolver("192.0.2.1"),
			"hosts": m.hosts("example.org"), "search": m.search(), "mtu": m.mtu("en0", 1200), "clock": m.clock(), "family": m.family(true), "local": m.local(), "proxy": m.proxy("https_proxy"),
		} {
			if len(list) == 0 {
				t.Errorf("%s on %s: nothing", name, goos)
			}
			for _, line := range list {
				for _, word := range wrong {
					if strings.Contains(" "+line, " "+word) && !strings.HasSuffix(line, ".") && !strings.Contains(line, "drivers") {
						t.Errorf("%s on %s: %q is no command there", name, goos, line)
					}
				}
			}
		}
	}
}
