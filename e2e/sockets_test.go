package e2e

import (
	"net"
	"strconv"
	"testing"
)

// pair is a listener of the test, and a connection through it.
type pair struct {
	listener       net.Listener
	client, server net.Conn
}

// openPair opens a listener on a port of 127.0.0.1 and connects to it. It is closed at the end of the test.
func openPair(t *testing.T, port int) *pair {
	t.Helper()
	l := listen(t, port)
	client, server := connect(t, l)
	return &pair{listener: l, client: client, server: server}
}

// listen opens a listener on 127.0.0.1; port 0 is any.
func listen(t *testing.T, port int) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// connect connects to a listener of this test.
func connect(t *testing.T, l net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// portOf returns the port of a listener as text.
func portOf(l net.Listener) string {
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
