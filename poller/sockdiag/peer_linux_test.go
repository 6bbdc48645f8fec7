package sockdiag

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// pair returns both ends of a connection over loopback, seen from the server: its own end and what the client sent.
func pair(t *testing.T, network, listen, dial string) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen(network, listen)
	check(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	check(t, err)
	client, err = net.Dial("tcp", net.JoinHostPort(dial, port))
	check(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server, err = l.Accept()
	check(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// ends returns what the server knows of a connection.
func ends(c net.Conn) (client, server netip.AddrPort) {
	return netip.MustParseAddrPort(c.RemoteAddr().String()), netip.MustParseAddrPort(c.LocalAddr().String())
}

// TestPeerUID: the user of the other end is ours where the other end is ours, in both families.
func TestPeerUID(t *testing.T) {
	for _, test := range []struct{ network, listen, dial string }{
		{"tcp4", "127.0.0.1:0", "127.0.0.1"}, {"tcp6", "[::1]:0", "::1"}, {"tcp4", "127.0.0.1:0", "::ffff:127.0.0.1"},
		{"tcp4", "127.0.0.2:0", "127.0.0.2"},
	} {
		_, server := pair(t, test.network, test.listen, test.dial)
		if uid, err := PeerUID(ends(server)); err != nil || uid != uint32(os.Getuid()) {
			t.Errorf("%v: %d, %v", test, uid, err)
		}
	}
}

// peerHelper in the environment makes of this program one that connects to the address in it and waits.
const peerHelper = "SOCKDIAG_PEER"

func TestMain(m *testing.M) {
	if addr, ok := os.LookupEnv(peerHelper); ok {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test lets go
		_ = c.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestPeerUIDOfAnother: a connection of another user is that user's.
func TestPeerUIDOfAnother(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("to become another user needs root")
	}
	const stranger = 12345
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	exe := t.TempDir() + "/peer"
	copyProgram(t, exe)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), peerHelper+"="+l.Addr().String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	stdin, err := cmd.StdinPipe()
	check(t, err)
	check(t, cmd.Start())
	defer func() { _ = stdin.Close(); _ = cmd.Wait() }()
	c, err := l.Accept()
	check(t, err)
	defer c.Close()
	if uid, err := PeerUID(ends(c)); err != nil || uid != stranger {
		t.Errorf("%d, %v", uid, err)
	}
}

// copyProgram puts this test where other users can start it.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	b, err := os.ReadFile(self)
	check(t, err)
	check(t, os.WriteFile(to, b, 0o755))
	for dir := to[:strings.LastIndex(to, "/")]; len(dir) > len(os.TempDir()); dir = dir[:strings.LastIndex(dir, "/")] {
		check(t, os.Chmod(dir, 0o755))
	}
}

// TestPeerUIDOfClosed: what a client leaves behind when it closes its socket belongs to nobody, though the kernel
// gives it the number of root.
func TestPeerUIDOfClosed(t *testing.T) {
	client, server := pair(t, "tcp4", "127.0.0.1:0", "127.0.0.1")
	from, to := ends(server)
	check(t, client.Close())
	_, _ = server.Read(make([]byte, 1)) // the end has come
	if uid, err := PeerUID(from, to); !errors.Is(err, ErrNoPeer) && !errors.Is(err, ErrGone) {
		t.Errorf("a closed client is user %d, %v", uid, err)
	}
}

// TestPeerUIDOfNone: a connection that does not exist is nobody's, also where its port has a listener.
func TestPeerUIDOfNone(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	client := netip.MustParseAddrPort(l.Addr().String())
	for _, from := range []netip.AddrPort{client, netip.MustParseAddrPort("127.0.0.1:" + strconv.Itoa(1))} {
		if uid, err := PeerUID(from, netip.MustParseAddrPort("127.0.0.1:9")); err == nil {
			t.Errorf("%v: user %d", from, uid)
		}
	}
}
