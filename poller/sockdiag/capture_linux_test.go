package sockdiag

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// insideNamespace is set in the environment of a test that runs in a network namespace of its own.
const insideNamespace = "SOCKEYE_TEST_NAMESPACE"

// captureBuffer is the receive buffer of the test that captures dumps. The kernel fills no more than this at a time,
// so that few sockets make several datagrams.
const captureBuffer = 8 << 10

// The kernel's answers hold what is open, and are kept in testdata with -update. The test runs in a network namespace
// of its own, so that it may use fixed ports and shows nothing of the machine.
func TestCapture(t *testing.T) {
	if os.Getenv(insideNamespace) == "" {
		inNamespace(t, "TestCapture")
		return
	}
	loopbackUp(t)
	openCaptured(t)
	conn, err := Dial()
	check(t, err)
	defer func() { check(t, conn.Close()) }()
	conn.buffer = make([]byte, captureBuffer)
	for _, c := range captures() {
		c.take(t, conn)
		c.facts(t)
		if *update {
			littleEndian(t)
			c.save(t)
		}
	}
}

// take asks the kernel for the dump and keeps the bytes of its answer.
func (c *capture) take(t *testing.T, conn *Conn) {
	t.Helper()
	r := &recorder{Conn: conn}
	conn.sequence++
	request := AppendRequest(nil, conn.sequence, c.request)
	check(t, unix.Sendto(conn.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	check(t, readDump(r, conn.portID, conn.sequence, func(*Record) {}))
	c.frames = r.frames
}

// recorder is a receiver that keeps what it hands on.
type recorder struct {
	*Conn
	frames []byte
}

func (r *recorder) receive() (datagram, error) {
	d, err := r.Conn.receive()
	if err == nil {
		r.frames = append(binary.LittleEndian.AppendUint32(r.frames, uint32(len(d.data))), d.data...)
	}
	return d, err
}

// openCaptured opens the sockets of which capturedFacts speaks.
func openCaptured(t *testing.T) {
	t.Helper()
	var servers []net.Conn
	l := listen(t, "tcp4", "127.0.0.1:7001")
	for i := range many {
		client, server := connect(t, l, "127.0.0.1:"+strconv.Itoa(7101+i), "127.0.0.1:7001")
		servers = append(servers, server)
		switch i {
		case 0:
			_, err := client.Write([]byte(payload))
			check(t, err)
		case 2:
			check(t, client.Close())
		}
	}
	check(t, servers[1].(*net.TCPConn).CloseWrite())
	_, err := servers[2].Read(make([]byte, 1))
	if err == nil {
		t.Fatal("the third client is still there")
	}
	check(t, servers[2].Close())
	connect(t, listen(t, "tcp", "[::]:7002"), "127.0.0.1:7201", "127.0.0.1:7002")
	connect(t, listen(t, "tcp6", "[::]:7003"), "[::1]:7301", "[::1]:7003")
	udp(t, "udp4", "127.0.0.1:7004", "127.0.0.1:7401", "127.0.0.1:7004")
	udp(t, "udp", "[::]:7005", "[::1]:7501", "[::1]:7005")
	settle(t)
}

// settle waits until every FIN has been acknowledged and the payload was measured.
func settle(t *testing.T) {
	t.Helper()
	conn, err := Dial()
	check(t, err)
	defer conn.Close()
	half := netip.MustParseAddrPort("127.0.0.1:7102")
	for range 10_000 {
		settled := false
		check(t, conn.Dump(captures()[0].request, func(r *Record) {
			settled = settled || r.Destination == half && r.State == FinWait2
		}))
		if settled {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the half-closed connection never reached FIN_WAIT_2")
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	check(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// connect connects from a fixed address and returns both ends.
func connect(t *testing.T, l net.Listener, from, to string) (client, server net.Conn) {
	t.Helper()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	client, err := d.Dial("tcp", to)
	check(t, err)
	server, err = l.Accept()
	check(t, err)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// udp opens a bound socket and one connected to it, and sends more to it than it has room for.
func udp(t *testing.T, network, bound, from, to string) {
	t.Helper()
	server, err := net.ListenPacket(network, bound)
	check(t, err)
	d := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	client, err := d.Dial("udp", to)
	check(t, err)
	t.Cleanup(func() { client.Close(); server.Close() })
	check(t, server.(*net.UDPConn).SetReadBuffer(1)) // the kernel makes it the least there can be
	for range overflow {
		_, err := client.Write(make([]byte, 1000))
		check(t, err)
	}
}

// inNamespace runs one test of this binary again in a new network namespace. It needs root, or a kernel that lets
// users make user namespaces.
func inNamespace(t *testing.T, test string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run", "^"+test+"$", "-update="+strconv.FormatBool(*update))
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
	}
}

// loopbackUp brings the loopback interface of a new namespace up.
func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	check(t, err)
	lo.SetUint16(unix.IFF_UP)
	check(t, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo))
}
