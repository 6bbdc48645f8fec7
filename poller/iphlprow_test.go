package poller

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller/iphlp"
)

// Rows of each table become sockets: a listener has no remote end whatever its row says, a state that nobody knows is
// unknown, zones have names, and v4 inside v6 is shown as v4.
func TestSocketOfRow(t *testing.T) {
	at := netip.MustParseAddrPort
	created := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	zone := func(index uint32) string { return map[uint32]string{7: "Wi-Fi"}[index] }
	for _, tt := range []struct {
		table iphlp.Table
		row   iphlp.Row
		want  Socket
	}{
		{iphlp.TCP4, iphlp.Row{State: iphlp.Established, Local: at("192.0.2.1:50000"), Remote: at("198.51.100.7:443"), PID: 4242, Created: created},
			Socket{Protocol: TCP, Family: IPv4, State: StateEstablished, PID: 4242, Created: created.UnixNano(),
				Local: at("192.0.2.1:50000"), Remote: at("198.51.100.7:443")}},
		{iphlp.TCP4, iphlp.Row{State: iphlp.Listen, Local: at("0.0.0.0:135"), Remote: at("0.0.0.0:59000"), PID: 900},
			Socket{Protocol: TCP, Family: IPv4, State: StateListen, PID: 900, Local: at("0.0.0.0:135"), Remote: at("0.0.0.0:0")}},
		{iphlp.TCP4, iphlp.Row{State: iphlp.TimeWait, Local: at("192.0.2.1:1"), Remote: at("192.0.2.2:2")},
			Socket{Protocol: TCP, Family: IPv4, State: StateTimeWait, Local: at("192.0.2.1:1"), Remote: at("192.0.2.2:2")}},
		{iphlp.TCP4, iphlp.Row{State: 100, Local: at("192.0.2.1:1"), Remote: at("192.0.2.2:2")},
			Socket{Protocol: TCP, Family: IPv4, State: StateUnknown, Local: at("192.0.2.1:1"), Remote: at("192.0.2.2:2")}},
		{iphlp.TCP6, iphlp.Row{State: iphlp.SynSent, Local: at("[fe80::1]:5"), Remote: at("[fe80::2]:6"), LocalScope: 7, RemoteScope: 7, PID: 1},
			Socket{Protocol: TCP, Family: IPv6, State: StateSynSent, PID: 1, Local: at("[fe80::1%Wi-Fi]:5"), Remote: at("[fe80::2%Wi-Fi]:6")}},
		{iphlp.TCP6, iphlp.Row{State: iphlp.Closing, Local: at("[::ffff:192.0.2.1]:5"), Remote: at("[::ffff:192.0.2.2]:6")},
			Socket{Protocol: TCP, Family: IPv6, State: StateClosing, Local: at("192.0.2.1:5"), Remote: at("192.0.2.2:6")}},
		{iphlp.UDP4, iphlp.Row{Local: at("0.0.0.0:5353"), PID: 7},
			Socket{Protocol: UDP, Family: IPv4, State: StateNone, PID: 7, Local: at("0.0.0.0:5353"), Remote: at("0.0.0.0:0")}},
		{iphlp.UDP6, iphlp.Row{Local: at("[::]:5353"), PID: 7},
			Socket{Protocol: UDP, Family: IPv6, State: StateNone, PID: 7, Local: at("[::]:5353"), Remote: at("[::]:0")}},
	} {
		if diff := cmp.Diff(tt.want, socketOfRow(tt.table, &tt.row, zone), comparable()); diff != "" {
			t.Errorf("%v %+v (-want +got):\n%s", tt.table, tt.row, diff)
		}
	}
}

// All twelve states of Windows are ours.
func TestIphlpStates(t *testing.T) {
	want := []State{StateClosed, StateListen, StateSynSent, StateSynReceived, StateEstablished, StateFinWait1, StateFinWait2,
		StateCloseWait, StateClosing, StateLastAck, StateTimeWait, StateClosed}
	for i, w := range want {
		r := iphlp.Row{State: uint32(i + 1), Local: netip.MustParseAddrPort("192.0.2.1:1"), Remote: netip.MustParseAddrPort("192.0.2.1:2")}
		if got := socketOfRow(iphlp.TCP4, &r, nil).State; got != w {
			t.Errorf("%d is %v, want %v", i+1, got, w)
		}
	}
}

// Statistics are asked for of connections that live, and what was not measured stays unknown.
func TestStatistics(t *testing.T) {
	asked := 0
	for state := range uint32(iphlp.DeleteTCB + 1) {
		if counts(iphlp.TCP6, &iphlp.Row{State: state}) {
			asked++
		}
	}
	if asked != 6 || counts(iphlp.TCP4, &iphlp.Row{State: iphlp.Listen}) || counts(iphlp.UDP4, &iphlp.Row{State: iphlp.Established}) {
		t.Errorf("asked of %d states", asked)
	}
	var s Socket
	s.setPath(iphlp.Path{Retransmits: 2})
	if s.Known != KnownRetransmits || s.Retransmits != 2 {
		t.Errorf("without a round-trip time: %+v", s)
	}
	s.setPath(iphlp.Path{RTT: 12 * time.Millisecond})
	s.setData(iphlp.Data{Received: 5, Acked: 6})
	if s.Known != KnownRetransmits|KnownRTT|KnownBytes || s.RTT != 12000 || s.BytesReceived != 5 || s.BytesSent != 6 {
		t.Errorf("%+v", s)
	}
}

// The services of a process stand behind its name, cut to what a name may have.
func TestWithServices(t *testing.T) {
	if got := withServices("svchost.exe", []string{"Dnscache", "NlaSvc"}); got != "svchost.exe (Dnscache, NlaSvc)" {
		t.Errorf("%q", got)
	}
	if got := withServices("chrome.exe", nil); got != "chrome.exe" {
		t.Errorf("%q", got)
	}
	if got := withServices("svchost.exe", make([]string, 300)); len(got) != maxName {
		t.Errorf("%d bytes", len(got))
	}
}

// What the system says of the time at which a connection came about is believed, also at the first poll; and a row
// without a user of its own has its owner's.
func TestCreatedAndOwnersUser(t *testing.T) {
	created := time.Now().Add(-time.Hour).Round(0)
	s := tcp4(1, StateEstablished, "192.0.2.1:443", "198.51.100.1:5000")
	s.PID, s.Created, s.Known = 42, created.UnixNano(), 0
	sockets := []Socket{s}
	owners := &pidOwners{newProcesses(func(pid int32) (Process, error) { return Process{PID: pid, Start: 1, User: `HOST\ann`}, nil })}
	p := fake(lists(&sockets, new(error)), owners, Options{})
	p.poll(t.Context())
	c, _ := p.table.Get(1)
	if !c.Known.Has(KnownOpened) || !c.Opened.Equal(created) {
		t.Errorf("opened %v, want %v", c.Opened, created)
	}
	if c.User != `HOST\ann` || c.Known.Has(KnownUID) {
		t.Errorf("user %q", c.User)
	}
	sockets[0].State, sockets[0].PID, sockets[0].Created = StateTimeWait, 0, 0
	p.poll(t.Context())
	if c, _ = p.table.Get(1); !c.Opened.Equal(created) || c.User != `HOST\ann` || c.OwnerNote != OwnerNone {
		t.Errorf("in TIME_WAIT: opened %v, user %q, %v", c.Opened, c.User, c.OwnerNote)
	}
}
