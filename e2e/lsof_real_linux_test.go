package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/capability"
	"sockeye/poller"
)

// TestLsofAgrees: what the real lsof of this machine prints of real sockets becomes the rows that netlink has, in every
// field of the data, but for what the table of capabilities says that it cannot know on macOS and FreeBSD.
func TestLsofAgrees(t *testing.T) {
	if _, err := exec.LookPath("lsof"); err != nil {
		t.Skip("lsof is not installed")
	}
	lsofVariant(t)
	if !inNamespace(t) {
		return
	}
	ports := openAllSorts(t)
	netlink, lsof := start(t, "--source", "netlink").fields(ports), startLsof(t).fields(ports)
	want := asLsofKnows(t, netlink)
	if diff := cmp.Diff(texts(want), texts(lsof)); diff != "" || len(want) < 14 {
		t.Errorf("%d rows (-netlink +lsof):\n%s", len(want), diff)
	}
}

// openAllSorts opens sockets of all sorts on loopback, which are closed at the end of the test, and returns their local ports.
func openAllSorts(t *testing.T) map[int]bool {
	t.Helper()
	ports := map[int]bool{}
	keep := func(c interface{ Close() error }, a net.Addr) {
		t.Cleanup(func() { _ = c.Close() })
		_, port, err := net.SplitHostPort(a.String())
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports[n] = true
	}
	for _, tt := range []struct{ network, listen, dial string }{
		{"tcp4", "127.0.0.1", "127.0.0.1"}, {"tcp4", "", "127.0.0.1"}, {"tcp6", "::1", "::1"}, {"tcp6", "", "::1"},
		{"tcp", "", "127.0.0.1"}, // an IPv6 listener that takes IPv4: its end is mapped
	} {
		l, err := net.Listen(tt.network, net.JoinHostPort(tt.listen, "0"))
		if err != nil {
			t.Fatal(err)
		}
		keep(l, l.Addr())
		client, err := net.Dial("tcp", net.JoinHostPort(tt.dial, portOf(l)))
		if err != nil {
			t.Fatal(err)
		}
		keep(client, client.LocalAddr())
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		keep(server, server.LocalAddr())
		if tt.listen == "127.0.0.1" {
			if err := client.(*net.TCPConn).CloseWrite(); err != nil { // FIN_WAIT_2 and CLOSE_WAIT
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct{ network, address string }{{"udp4", "127.0.0.1"}, {"udp4", ""}, {"udp6", "::1"}, {"udp", ""}} {
		bound, err := net.ListenPacket(tt.network, net.JoinHostPort(tt.address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		keep(bound, bound.LocalAddr())
		if tt.address != "" {
			connected, err := net.Dial(tt.network, bound.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			keep(connected, connected.LocalAddr())
		}
	}
	openUnknowable(t, keep)
	return ports
}

// openUnknowable opens the sockets that lsof or gopsutil cannot tell of: twins, one that is bound only, and a connection that
// no process holds.
func openUnknowable(t *testing.T, keep func(interface{ Close() error }, net.Addr)) {
	t.Helper()
	shared := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1) })
	}}
	first, err := shared.ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	keep(first, first.LocalAddr())
	second, err := shared.ListenPacket(context.Background(), "udp4", first.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	keep(second, second.LocalAddr())
	bound, port := boundOnly(t)
	keep(bound, port)
	l := listen(t, 0)
	client, server := connect(t, l)
	keep(client, client.LocalAddr())
	for _, c := range []net.Conn{client, server} { // the one that closes first is in TIME_WAIT
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// soReusePort is SO_REUSEPORT (asm-generic/socket.h).
const soReusePort = 15

// descriptor is an open file of the test.
type descriptor int

// Close closes it.
func (d descriptor) Close() error { return syscall.Close(int(d)) }

// boundOnly binds a socket of TCP that neither listens nor connects.
func boundOnly(t *testing.T) (descriptor, net.Addr) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	four := name.(*syscall.SockaddrInet4)
	return descriptor(fd), &net.TCPAddr{IP: four.Addr[:], Port: four.Port}
}

// fields returns all that the data have of the sockets with these local ports.
func (p *program) fields(ports map[int]bool) (rows []map[string]any) {
	p.t.Helper()
	answer, body := p.get("/connections.json")
	var e struct{ Connections []map[string]any }
	if err := json.Unmarshal([]byte(body), &e); err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("/connections.json: %s: %v\n%.300s", answer.Status, err, body)
	}
	for _, row := range e.Connections {
		if port, _ := row["local_port"].(float64); ports[int(port)] {
			delete(row, "id") // it is each source's own
			row["peer_id"] = row["peer_id"] != nil
			rows = append(rows, row)
		}
	}
	return rows
}

// asLsofKnows takes from the rows of netlink what the table of capabilities says is unknown by lsof, and fails where the
// table or the rows have nothing of that kind.
func asLsofKnows(t *testing.T, rows []map[string]any) (known []map[string]any) {
	t.Helper()
	here, ok := capability.Here(string(poller.SourceGopsutil), "darwin")
	if !ok {
		t.Fatal("the table has no source for macOS")
	}
	for _, key := range []string{"twins", "bound", "unheld"} {
		if f := capability.Find(key); f == nil || f.Cells[here].Level != capability.No {
			t.Fatalf("the table does not say that lsof does not tell of %s", key)
		}
	}
	unknown := unknownFields(here)
	left := map[string]bool{"twin": false, "CLOSED": false, "TIME_WAIT": false}
	seen := map[string]bool{}
	for _, row := range rows {
		what := row["state"].(string)
		for _, field := range unknown {
			row[field] = nil
		}
		if text := texts([]map[string]any{row})[0]; seen[text] {
			what = "twin"
		} else {
			seen[text] = true
		}
		if _, leave := left[what]; leave {
			left[what] = true
			continue
		}
		known = append(known, row)
	}
	if slices.Contains(slices.Collect(maps.Values(left)), false) {
		t.Errorf("of what lsof does not tell of, netlink has %v", left)
	}
	return known
}

// unknownFields returns the fields of the data that a platform has not.
func unknownFields(platform int) (fields []string) {
	for _, f := range capability.Facts() {
		if f.Cells[platform].Level == capability.No {
			fields = append(fields, f.Fields...)
		}
	}
	return fields
}

// texts writes each row as a line, with its fields in their order, and sorts them.
func texts(rows []map[string]any) (lines []string) {
	for _, row := range rows {
		var line strings.Builder
		for _, field := range slices.Sorted(maps.Keys(row)) {
			fmt.Fprintf(&line, "%s=%v ", field, row[field])
		}
		lines = append(lines, line.String())
	}
	slices.Sort(lines)
	return lines
}
