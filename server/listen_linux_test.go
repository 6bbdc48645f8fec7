package server

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// listeningPorts returns what this process listens on, as the kernel writes it in /proc/net.
func listeningPorts(t *testing.T) (out []string) {
	t.Helper()
	mine := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		link, err := os.Readlink("/proc/self/fd/" + fd.Name())
		if err == nil {
			mine[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile("/proc/net/" + table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 9 && mine[f[9]] && (f[3] == "0A" || strings.HasPrefix(table, "udp")) {
				out = append(out, table+" "+f[1])
			}
		}
	}
	slices.Sort(out)
	return out
}

// Attack N1, second half, asked of the kernel: an open server has these two listeners and no other socket that waits
// for anybody.
//
//attack:n1
func TestOwnListeners(t *testing.T) {
	needIPv6(t)
	before := listeningPorts(t)
	s := newTestServer(t, Config{}, testSite{}, defaultLimits)
	if diff := cmp.Diff(before, listeningPorts(t)); diff != "" {
		t.Errorf("New listens (-before +after):\n%s", diff)
	}
	serve(t, s)
	var got []string
	for _, l := range listeningPorts(t) {
		if !slices.Contains(before, l) {
			got = append(got, l)
		}
	}
	port := s.Addrs()[0].Port()
	want := []string{fmt.Sprintf("tcp 0100007F:%04X", port), fmt.Sprintf("tcp6 00000000000000000000000001000000:%04X", port)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listeners (-want +got):\n%s", diff)
	}
}

// The kernel's part of what a stalled client can hold is bounded. Linux doubles the number that it is given.
func TestSendBuffer(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	client, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l := &listener{Listener: inner, conns: newConnSet(defaultLimits, new(logBuffer).logger())}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	sys, err := accepted.(*conn).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var size int
	if err := sys.Control(func(fd uintptr) { size, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || size != 2*sendBuffer {
		t.Errorf("send buffer %d, %v; want %d", size, err, 2*sendBuffer)
	}
}
