package sockdiag

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// loopback returns the two ends of a connection on loopback.
func loopback(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	client, err = net.Dial("tcp4", l.Addr().String())
	check(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server, err = l.Accept()
	check(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// A connection is ended by its cookie; with another cookie it is left alone. Without the right the kernel says so.
func TestDestroyConnection(t *testing.T) {
	client, server := loopback(t)
	q := questionTo(t, ProtocolTCP, client.LocalAddr().String(), client.RemoteAddr().String())
	wrong := q
	wrong.Cookie++
	if err := Destroy(wrong); !errors.Is(err, ErrGone) {
		if errors.Is(err, syscall.EOPNOTSUPP) {
			t.Skip("this kernel has no CONFIG_INET_DIAG_DESTROY")
		}
		t.Fatalf("another cookie: %v", err)
	}
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatalf("the connection is gone after a wrong cookie: %v", err)
	}
	for _, none := range []uint64{0, AnyCookie} {
		wrong.Cookie = none
		if err := Destroy(wrong); err == nil || errors.Is(err, ErrGone) {
			t.Errorf("cookie %x: %v", none, err)
		}
	}
	err := Destroy(q)
	if errors.Is(err, syscall.EPERM) && os.Geteuid() != 0 {
		return // refused for real, and nothing more can be tried
	}
	check(t, err)
	check(t, client.SetDeadline(time.Now().Add(10*time.Second)))
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNABORTED) {
		t.Errorf("the owner reads %v", err)
	}
	check(t, server.SetDeadline(time.Now().Add(10*time.Second)))
	if _, err := server.Read(make([]byte, 8)); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the other end reads %v", err)
	}
	if err := Destroy(q); !errors.Is(err, ErrGone) {
		t.Errorf("once more: %v", err)
	}
}

// Any cookie asks for whichever socket has the ends.
func TestAskAnyCookie(t *testing.T) {
	client, _ := loopback(t)
	q := questionTo(t, ProtocolTCP, client.LocalAddr().String(), client.RemoteAddr().String())
	cookie := q.Cookie
	q.Cookie = AnyCookie
	d, err := Ask(q)
	check(t, err)
	if d.Cookie != cookie || int(d.UID) != os.Geteuid() || d.Inode == 0 {
		t.Errorf("%+v", d.Record)
	}
}
