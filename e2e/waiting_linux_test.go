package e2e

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// listenFull opens a listener on 127.0.0.1 whose accept queue is full, so that the system drops what else asks to be
// connected. It returns its address.
func listenFull(t *testing.T) *unix.SockaddrInet4 {
	t.Helper()
	fd := openSocket(t)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := name.(*unix.SockaddrInet4)
	c, err := net.Dial("tcp", (&net.TCPAddr{IP: at.Addr[:], Port: at.Port}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return at
}

// ask begins to connect and does not wait.
func ask(t *testing.T, to *unix.SockaddrInet4) {
	t.Helper()
	if err := unix.Connect(openSocket(t), to); err != unix.EINPROGRESS {
		t.Fatalf("connect: %v", err)
	}
}

// openSocket opens a TCP socket that does not block, until the end of the test.
func openSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// TestUnanswered: a request for a connection that nobody answers is told of with its repeats.
func TestUnanswered(t *testing.T) {
	to := listenFull(t)
	ask(t, to)
	sockeye := start(t)
	view := "state=SYN_SENT&rport=" + itoa(to.Port)
	id := sockeye.await(view, "a socket in SYN_SENT", func(e export) bool { return e.Matched == 1 }).Connections[0].ID
	waitFor(t, "a repeat", func() bool { return sockeye.inspect(id).Kernel["timer_retries"].(float64) >= 1 })
	one := sockeye.inspect(id)
	if one.Meaning.Level != "trouble" || !containsFold(one.Meaning.Text, "sent again") || !containsFold(one.Meaning.Text, "firewall") {
		t.Errorf("%+v", one.Meaning)
	}
	_, page := sockeye.get("/connections/" + id)
	if !containsFold(page, "has no answer; the request was sent again") || !containsFold(page, "sending again") {
		t.Errorf("the page does not say so: %.2000s", page)
	}
}
