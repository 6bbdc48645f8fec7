package names

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// inNetwork calls f in a network of its own that has one interface with these addresses, where others can be played.
func inNetwork(t *testing.T, addresses ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make a network")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("networks of one's own are not permitted here: %v", err)
	}
	commands := [][]string{{"link", "add", "lan0", "type", "veth", "peer", "name", "far0"}, {"link", "set", "far0", "up"}, {"link", "set", "lan0", "up"}, {"link", "set", "lo", "up"}}
	for _, a := range addresses {
		commands = append(commands, []string{"addr", "add", a, "dev", "lan0"})
	}
	for _, c := range commands {
		if out, err := exec.Command("ip", c...).CombinedOutput(); err != nil {
			t.Skipf("ip %v: %v, %s", c, err, out)
		}
	}
}

// device answers questions by multicast from an address, as a device of that address would: with a name, until the test
// ends.
func device(t *testing.T, address, name string) {
	t.Helper()
	shared := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
	}}
	listen := func(at string) net.PacketConn {
		c, err := shared.ListenPacket(context.Background(), "udp4", at+":5353")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	ears, mouth := listen("224.0.0.251"), listen(address)
	lan, err := net.InterfaceByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(ears).JoinGroup(lan, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251)}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ears.Close(); <-done })
	go func() {
		defer close(done)
		buffer := make([]byte, 9000)
		for {
			n, from, err := ears.ReadFrom(buffer)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if q.Unpack(buffer[:n]) == nil {
				_, _ = mouth.WriteTo(reply(t, q, name, nil), from)
			}
		}
	}()
}

// TestMulticast: devices tell their own names, and nobody another's.
func TestMulticast(t *testing.T) {
	inNetwork(t, "192.0.2.1/24", "192.0.2.9/24", "192.0.2.66/24")
	device(t, "192.0.2.66", "liar.local.") // answers whatever is asked
	m := &Multicast{Interface: func(netip.Addr) string { return "lan0" }}
	if list, err := m.LookupAddr(context.Background(), "192.0.2.9"); err == nil {
		t.Errorf("somebody else's answer is believed: %v", list)
	}
	device(t, "192.0.2.9", "radio.local.")
	if list, err := m.LookupAddr(context.Background(), "192.0.2.9"); err != nil || len(list) != 1 || list[0] != "radio.local." {
		t.Errorf("%v, %v", list, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.LookupAddr(ctx, "192.0.2.200"); err == nil {
		t.Error("answered after the end")
	}
}
