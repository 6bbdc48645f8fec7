package poller

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"golang.org/x/sys/unix"
	"sockeye/poller/sockdiag"
)

// made are sockets that a test opened, one of each kind.
type made struct {
	listener, listener6, dual net.Listener
	client, server            net.Conn // an established pair
	mapped                    net.Conn // v4 traffic over the dual-stack listener, seen from its v6 side
	halfClosed                net.Conn // our end of a pair whose other end has closed: CLOSE_WAIT
	timeWait                  netip.AddrPort
	udpBound                  *net.UDPConn
	udpConnected              *net.UDPConn
	twins                     [2]net.Listener
}

// open opens sockets of every kind on loopback and closes them with the test.
func open(t *testing.T) *made {
	t.Helper()
	m := &made{}
	m.listener = listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	m.listener6 = listen(t, net.ListenConfig{}, "tcp6", "[::1]:0")
	m.dual = listen(t, net.ListenConfig{}, "tcp", "[::]:0")
	m.client, m.server = pair(t, "tcp4", m.listener)
	pair(t, "tcp6", m.listener6)
	m.mapped, _ = pair(t, "tcp4", &at{m.dual, "127.0.0.1"})
	halfClosed, closer := pair(t, "tcp4", m.listener)
	m.halfClosed = halfClosed
	check(t, closer.(*net.TCPConn).CloseWrite())
	first, second := pair(t, "tcp4", m.listener)
	m.timeWait = addrPort(first.LocalAddr())
	check(t, first.Close())
	waitEOF(t, second)
	check(t, second.Close())
	m.udpBound = udp(t, "127.0.0.1:0", "")
	m.udpConnected = udp(t, "127.0.0.1:0", m.udpBound.LocalAddr().String())
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if err != nil {
			return err
		}
		return set
	}}
	m.twins[0] = listen(t, reuse, "tcp4", "127.0.0.1:0")
	m.twins[1] = listen(t, reuse, "tcp4", m.twins[0].Addr().String())
	m.settle(t)
	return m
}

// settle waits until the peer's kernel has acknowledged the FIN of the half-closed pair.
func (m *made) settle(t *testing.T) {
	t.Helper()
	n, err := openNetlink()
	check(t, err)
	defer n.Close()
	remote := addrPort(m.halfClosed.LocalAddr())
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, s := range list(t, n) {
			if s.Remote == remote && s.State == StateFinWait2 {
				return
			}
		}
	}
	t.Fatal("the half-closed pair never reached FIN_WAIT_2")
}

// at is a listener that is called at another address than the one it is bound to.
type at struct {
	net.Listener
	host string
}

func (a *at) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(a.host), addrPort(a.Listener.Addr()).Port()))
}

func listen(t *testing.T, c net.ListenConfig, network, address string) net.Listener {
	t.Helper()
	l, err := c.Listen(context.Background(), network, address)
	check(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// pair connects to a listener and returns both ends.
func pair(t *testing.T, network string, l net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial(network, l.Addr().String())
	check(t, err)
	t.Cleanup(func() { client.Close() })
	server, err = l.Accept()
	check(t, err)
	t.Cleanup(func() { server.Close() })
	return client, server
}

func waitEOF(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatalf("read %d, %v from a connection whose peer has closed", n, err)
	}
}

func udp(t *testing.T, local, remote string) *net.UDPConn {
	t.Helper()
	l, err := net.ResolveUDPAddr("udp4", local)
	check(t, err)
	var c *net.UDPConn
	if remote == "" {
		c, err = net.ListenUDP("udp4", l)
	} else {
		r, rerr := net.ResolveUDPAddr("udp4", remote)
		check(t, rerr)
		c, err = net.DialUDP("udp4", l, r)
	}
	check(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func addrPort(a net.Addr) netip.AddrPort {
	p := netip.MustParseAddrPort(a.String())
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// want is what a source must tell of one socket.
type want struct {
	Protocol      Protocol
	Family        Family
	State         State
	Local, Remote netip.AddrPort
}

func wantOf(s *Socket) want { return want{s.Protocol, s.Family, s.State, s.Local, s.Remote} }

// wants returns what both sources must tell of m, twins once each.
func (m *made) wants() []want {
	none4, none6 := netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("[::]:0")
	tcp := func(f Family, s State, local, remote netip.AddrPort) want { return want{TCP, f, s, local, remote} }
	l, c := addrPort(m.listener.Addr()), addrPort(m.client.LocalAddr())
	mapped := addrPort(m.mapped.LocalAddr())
	return []want{
		tcp(IPv4, StateListen, l, none4),
		tcp(IPv6, StateListen, addrPort(m.listener6.Addr()), none6),
		tcp(IPv6, StateListen, addrPort(m.dual.Addr()), none6),
		tcp(IPv4, StateEstablished, c, l),
		tcp(IPv4, StateEstablished, l, c),
		tcp(IPv6, StateEstablished, addrPort((&at{m.dual, "127.0.0.1"}).Addr()), mapped),
		tcp(IPv4, StateCloseWait, addrPort(m.halfClosed.LocalAddr()), l),
		tcp(IPv4, StateFinWait2, l, addrPort(m.halfClosed.LocalAddr())),
		tcp(IPv4, StateTimeWait, m.timeWait, l),
		{UDP, IPv4, StateNone, addrPort(m.udpBound.LocalAddr()), none4},
		{UDP, IPv4, StateNone, addrPort(m.udpConnected.LocalAddr()), addrPort(m.udpBound.LocalAddr())},
		tcp(IPv4, StateListen, addrPort(m.twins[0].Addr()), none4),
	}
}

// list returns everything a source sees.
func list(t *testing.T, s source) []Socket {
	t.Helper()
	sockets, err := s.sockets(t.Context(), nil)
	check(t, err)
	return sockets
}

// sources opens both sources.
func sources(t *testing.T) map[string]source {
	t.Helper()
	n, err := openNetlink()
	check(t, err)
	t.Cleanup(func() { check(t, n.Close()) })
	return map[string]source{"netlink": n, "gopsutil": newGopsutil()}
}

// Every kind of socket that a program can open is listed by each source, in the same words.
func TestSourcesListEveryKind(t *testing.T) {
	m := open(t)
	for name, s := range sources(t) {
		t.Run(name, func(t *testing.T) {
			seen := map[want]int{}
			for _, s := range list(t, s) {
				seen[wantOf(&s)]++
			}
			for _, w := range m.wants() {
				if seen[w] == 0 {
					t.Errorf("missing: %v", w)
				}
			}
			twins := seen[want{TCP, IPv4, StateListen, addrPort(m.twins[0].Addr()), netip.MustParseAddrPort("0.0.0.0:0")}]
			if name == "netlink" && twins != 2 {
				t.Errorf("%d rows for two listeners that share a port, want 2", twins)
			}
			if name == "gopsutil" && !slices.ContainsFunc(s.notes(), func(n string) bool { return strings.Contains(n, "shown as one") }) {
				t.Error("gopsutil merges twins and does not say so")
			}
		})
	}
}

// Each ID names one socket, and stays when the socket is looked at again.
func TestSourcesIDs(t *testing.T) {
	own := map[want]bool{}
	for _, w := range open(t).wants() {
		own[w] = true // those of other programs come and go, and some come back with the same ports
	}
	for name, s := range sources(t) {
		t.Run(name, func(t *testing.T) {
			first, byID := map[want][]ID{}, map[ID]want{}
			for _, s := range list(t, s) {
				if other, twice := byID[s.ID]; twice {
					t.Errorf("ID %v names %v and %v", s.ID, other, wantOf(&s))
				}
				byID[s.ID] = wantOf(&s)
				first[wantOf(&s)] = append(first[wantOf(&s)], s.ID)
			}
			for _, s := range list(t, s) {
				if ids := first[wantOf(&s)]; own[wantOf(&s)] && !slices.Contains(ids, s.ID) {
					t.Errorf("%v was %v and is %v", wantOf(&s), ids, s.ID)
				}
			}
		})
	}
}

// Bytes are those that went through, a FIN not counted among them.
func TestNetlinkBytes(t *testing.T) {
	m := open(t)
	const sent = 12345
	_, err := m.client.Write(make([]byte, sent))
	check(t, err)
	got, err := m.server.Read(make([]byte, sent*2))
	check(t, err)
	for got < sent {
		n, err := m.server.Read(make([]byte, sent))
		check(t, err)
		got += n
	}
	n := sources(t)["netlink"]
	bytes := func(local, remote net.Addr) (received, sent uint64) {
		for _, s := range list(t, n) {
			if s.Local == addrPort(local) && s.Remote == addrPort(remote) && s.Known.Has(KnownBytes) {
				return s.BytesReceived, s.BytesSent
			}
		}
		t.Fatalf("no bytes for %v → %v", local, remote)
		return 0, 0
	}
	received, _ := bytes(m.server.LocalAddr(), m.server.RemoteAddr())
	_, out := bytes(m.client.LocalAddr(), m.client.RemoteAddr())
	if received != sent || out != sent {
		t.Errorf("received %d, sent %d, want %d", received, out, sent)
	}
	check(t, m.client.(*net.TCPConn).CloseWrite())
	waitEOF(t, m.server)
	if received, _ = bytes(m.server.LocalAddr(), m.server.RemoteAddr()); received != sent {
		t.Errorf("received %d after the peer's FIN, want %d", received, sent)
	}
}

// netlink's rows are those of ss: none missing, none more. The comparison runs in a network namespace of its own, so
// that no other program's sockets come and go between the two looks.
func TestNetlinkEqualsSS(t *testing.T) {
	if _, err := exec.LookPath("ss"); err != nil {
		t.Skip("ss is not installed (package iproute2)")
	}
	if os.Getenv(insideNamespace) == "" {
		inNamespace(t, "TestNetlinkEqualsSS")
		return
	}
	made := open(t)
	out, err := exec.Command("ss", "-tuanH").Output()
	check(t, err)
	var theirs []string
	for scan := bufio.NewScanner(strings.NewReader(string(out))); scan.Scan(); {
		f := strings.Fields(scan.Text())
		theirs = append(theirs, strings.Join([]string{f[0], f[1], f[2], f[3], f[4], f[5]}, " "))
	}
	slices.Sort(theirs)
	if len(theirs) < 15 {
		t.Errorf("compared %d rows only", len(theirs))
	}
	port := made.wants()[0].Local.Port()
	for name, change := range map[string]func(*netlinkSource){
		"both families":          func(s *netlinkSource) {},
		"each family":            func(s *netlinkSource) { s.tcp = tcpApart },
		"divided by local port":  func(s *netlinkSource) { s.cut.Port = port },
		"divided by remote port": func(s *netlinkSource) { s.cut.Port, s.cut.Remote = port, true },
		"divided, each family":   func(s *netlinkSource) { s.cut.Port, s.tcp = port+1, tcpApart },
	} {
		conn, err := sockdiag.Dial()
		check(t, err)
		second, err := sockdiag.Dial()
		check(t, err)
		s := newNetlinkSource(conn, nil)
		s.second = newLane(second, interfaceName)
		change(s)
		first := s.tcp[0].Family
		var ours []string
		for _, s := range list(t, s) {
			ours = append(ours, ssLine(&s))
		}
		slices.Sort(ours)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: ss and netlink differ (-ss +netlink):\n%s", name, diff)
		}
		if s.tcp[0].Family != first {
			t.Errorf("%s: the kernel refused the request", name)
		}
		check(t, s.Close())
	}
}

// ssStates are the words of ss(8) for our states.
var ssStates = map[State]string{
	StateListen: "LISTEN", StateSynSent: "SYN-SENT", StateSynReceived: "SYN-RECV", StateEstablished: "ESTAB",
	StateFinWait1: "FIN-WAIT-1", StateFinWait2: "FIN-WAIT-2", StateCloseWait: "CLOSE-WAIT", StateClosing: "CLOSING",
	StateLastAck: "LAST-ACK", StateTimeWait: "TIME-WAIT", StateClosed: "UNCONN",
}

// ssLine writes a socket as ss -tuanH does.
func ssLine(s *Socket) string {
	state := ssStates[s.State]
	if s.Protocol == UDP {
		state = "UNCONN"
		if s.Connected() {
			state = "ESTAB"
		}
	}
	return strings.Join([]string{s.Protocol.String(), state, digits(s.ReceiveQueue), digits(s.SendQueue),
		ssEnd(s, s.Local), ssEnd(s, s.Remote)}, " ")
}

// ssEnd writes one end as ss does: brackets round IPv6, * for port 0 and for the end of a dual-stack socket.
func ssEnd(s *Socket, a netip.AddrPort) string {
	host := a.Addr().String()
	switch {
	case s.Family == IPv6 && a.Addr().Is4():
		host = "[::ffff:" + host + "]"
	case a.Addr() == netip.IPv6Unspecified() && !s.V6Only && !s.Connected():
		host = "*"
	case a.Addr().Is6():
		host = "[" + host + "]"
	}
	if a.Port() == 0 {
		return host + ":*"
	}
	return host + ":" + digits(uint32(a.Port()))
}

// The owner of a socket that was opened a moment ago is there at the next poll, whichever the source.
func TestOwnersOfNewSockets(t *testing.T) {
	for _, kind := range []SourceKind{SourceNetlink, SourceGopsutil} {
		t.Run(string(kind), func(t *testing.T) {
			p := poller(t, Options{Source: kind, Interval: MaxInterval}) // a look may take long on a busy machine
			p.poll(t.Context())
			m := open(t)
			p.poll(t.Context())
			listener := row(t, p, func(c *Connection) bool { return c.Local == addrPort(m.listener.Addr()) && c.State == StateListen })
			if listener.Owner == nil || listener.Owner.PID != int32(os.Getpid()) || !strings.HasSuffix(os.Args[0], listener.Owner.Name) {
				t.Errorf("owner %+v (%v), want process %d, %s", listener.Owner, listener.OwnerNote, os.Getpid(), os.Args[0])
			}
			if listener.User == "" || !listener.Known.Has(KnownOpened) {
				t.Errorf("user %q, known %b", listener.User, listener.Known)
			}
			wait := row(t, p, func(c *Connection) bool { return c.Local == m.timeWait && c.Remote == addrPort(m.listener.Addr()) })
			if wait.Owner != nil || wait.OwnerNote != OwnerNone {
				t.Errorf("TIME_WAIT: owner %v, note %q", wait.Owner, wait.OwnerNote)
			}
		})
	}
}

// A connection nobody has accepted yet says so, gets its owner once it is, and keeps the last owner in TIME_WAIT.
func TestOwnerOfPendingAndClosing(t *testing.T) {
	p := poller(t, Options{Source: SourceNetlink})
	l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	client, err := net.Dial("tcp4", l.Addr().String())
	check(t, err)
	defer client.Close()
	serverSide := func(c *Connection) bool {
		return c.Local == addrPort(l.Addr()) && c.Remote == addrPort(client.LocalAddr())
	}
	p.poll(t.Context())
	if c := row(t, p, serverSide); c.Owner != nil || c.OwnerNote != OwnerPending {
		t.Errorf("before accept: owner %v, note %q", c.Owner, c.OwnerNote)
	}
	server, err := l.Accept()
	check(t, err)
	p.poll(t.Context())
	if c := row(t, p, serverSide); c.Owner == nil || c.Owner.PID != int32(os.Getpid()) {
		t.Errorf("after accept: owner %v, note %q", c.Owner, c.OwnerNote)
	}
	id := row(t, p, serverSide).ID
	check(t, server.Close())
	waitEOF(t, client)
	check(t, client.Close())
	p.poll(t.Context())
	c := row(t, p, serverSide)
	if c.State != StateTimeWait || c.ID != id {
		t.Fatalf("%v with ID %v, want TIME_WAIT with the ID it had, %v", c.State, c.ID, id)
	}
	if c.Owner == nil || c.OwnerNote != OwnerNone || c.User == "" {
		t.Errorf("TIME_WAIT: owner %v, note %q, user %q; want the last ones known", c.Owner, c.OwnerNote, c.User)
	}
}

// Directions follow from the sockets that wait.
func TestDirections(t *testing.T) {
	m := open(t)
	p := poller(t, Options{Source: SourceNetlink})
	p.poll(t.Context())
	for _, tt := range []struct {
		name string
		is   func(*Connection) bool
		want Direction
	}{
		{"listener", func(c *Connection) bool { return c.Local == addrPort(m.listener.Addr()) && c.State == StateListen }, Listening},
		{"loopback pair", func(c *Connection) bool {
			return c.Local == addrPort(m.client.LocalAddr()) && c.Remote == addrPort(m.listener.Addr())
		}, Loopback},
		{"udp bound", func(c *Connection) bool { return c.Protocol == UDP && c.Local == addrPort(m.udpBound.LocalAddr()) }, Listening},
	} {
		if c := row(t, p, tt.is); c.Direction != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, c.Direction, tt.want)
		}
	}
}

// What a UDP socket had no room for is told, and a row in which nothing else happened is brought up to date.
func TestDropsOfRealSockets(t *testing.T) {
	p := poller(t, Options{Source: SourceNetlink})
	server := udp(t, "127.0.0.1:0", "")
	check(t, server.SetReadBuffer(1)) // the kernel makes it the least there can be
	client := udp(t, "127.0.0.1:0", server.LocalAddr().String())
	is := func(c *Connection) bool { return c.Protocol == UDP && c.Local == addrPort(server.LocalAddr()) }
	send := func(n int) uint32 {
		for range n {
			_, err := client.Write(make([]byte, 1000))
			check(t, err)
		}
		p.poll(t.Context())
		c := row(t, p, is)
		if !c.Known.Has(KnownDrops|KnownQueues) || c.Known.Has(KnownBytes) {
			t.Errorf("known of a UDP socket: %b", c.Known)
		}
		return c.Drops
	}
	if n := send(0); n != 0 {
		t.Errorf("%d dropped of none", n)
	}
	first := send(10)
	if first == 0 || first >= 10 {
		t.Errorf("%d dropped of 10", first)
	}
	if n := send(5); n != first+5 {
		t.Errorf("%d dropped after 5 more, before it were %d", n, first)
	}
}

// The kernel's counters tell which end opened a connection, before and after bytes went both ways, and when the listener
// is gone.
func TestOpeningOfRealSockets(t *testing.T) {
	p := poller(t, Options{Source: SourceNetlink})
	l := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	client, server := pair(t, "tcp4", l)
	check(t, l.Close())
	for _, n := range []int{0, 1, 70_000} {
		go func() { _, _ = client.Write(make([]byte, n)) }()
		_, err := io.ReadFull(server, make([]byte, n))
		check(t, err)
		exchange(t, server, client, n%100, 0)
		for _, tt := range []struct {
			end  net.Conn
			want Opening
		}{{client, OpenedActively}, {server, OpenedPassively}} {
			is := func(c *Connection) bool {
				return c.Local == addrPort(tt.end.LocalAddr()) && c.Remote == addrPort(tt.end.RemoteAddr())
			}
			p.poll(t.Context())
			for try := 0; try < 500 && row(t, p, is).Opening == OpeningUnknown; try++ { // an acknowledgement may be late
				time.Sleep(time.Millisecond)
				p.poll(t.Context())
			}
			if got := row(t, p, is).Opening; got != tt.want {
				t.Errorf("after %d bytes: %d, want %d", n, got, tt.want)
			}
		}
	}
}

// poller makes a Poller whose polls the test asks for itself.
func poller(t *testing.T, o Options) *Poller {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	p, err := New(t.Context(), o)
	check(t, err)
	t.Cleanup(func() { check(t, p.source.Close()) })
	return p
}

// row returns a copy of the one row that is meant.
func row(t *testing.T, p *Poller, is func(*Connection) bool) Connection {
	t.Helper()
	var found []Connection
	p.Read(func(table *Table) {
		for c := range table.All() {
			if is(c) {
				found = append(found, *c)
			}
		}
	})
	if len(found) != 1 {
		t.Fatalf("%d rows, want 1: %+v", len(found), found)
	}
	return found[0]
}

// insideNamespace is set in the environment of a test that runs in a network namespace of its own.
const insideNamespace = "SOCKEYE_TEST_NAMESPACE"

// inNamespace runs one test of this binary again in a new network namespace with its loopback up. It needs root, or
// a kernel that lets users make user namespaces.
func inNamespace(t *testing.T, test string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ip link set lo up && exec "$0" "$@"`,
		os.Args[0], "-test.run", "^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && os.Geteuid() != 0 && len(out) == 0 {
		t.Skipf("no network namespace without root here: %v", err)
	}
	if err != nil {
		t.Errorf("in a namespace: %v\n%s", err, out)
	} else {
		t.Logf("in a namespace:\n%s", out)
	}
}
