package e2e

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// actorVariable, in the environment of this test program, makes it an actor: a process with the name that is its
// value in hexadecimal, which opens and closes sockets as it is told.
const actorVariable = "SOCKEYE_E2E_ACTOR"

// actor is another process that holds sockets for the test. It ends with the test.
type actor struct {
	t     *testing.T
	pid   int
	in    io.WriteCloser
	lines *bufio.Scanner
}

// newActor starts an actor whose file has a name, and which then calls itself comm; "" leaves what the kernel made of
// the file's name. before is the start of its command line, for a program that runs it elsewhere.
func newActor(t *testing.T, file, comm string, before ...string) *actor {
	t.Helper()
	exe := filepath.Join(t.TempDir(), file)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(self, exe); err != nil {
		if err := copyFile(exe, self); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{file}
	if len(before) > 0 {
		cmd = exec.Command(before[0], append(before[1:], exe)...)
	}
	cmd.Env = append(os.Environ(), actorVariable+"="+hex.EncodeToString([]byte(comm)))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &actor{t: t, pid: cmd.Process.Pid, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("actor %q: %v", file, err)
		}
	})
	return a
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

// tell gives the actor an order and returns its answer.
func (a *actor) tell(format string, args ...any) string {
	a.t.Helper()
	if _, err := fmt.Fprintf(a.in, format+"\n", args...); err != nil {
		a.t.Fatal(err)
	}
	if !a.lines.Scan() {
		a.t.Fatalf("the actor is gone")
	}
	answer, ok := strings.CutPrefix(a.lines.Text(), "ok ")
	if !ok {
		a.t.Fatalf("the actor says: %s", a.lines.Text())
	}
	return answer
}

// stage is what an actor holds.
type stage struct {
	listeners []net.Listener
	conns     []net.Conn
	raw       rawSockets
}

// act is the life of an actor: it does what the lines of in say until they end.
func act(comm string, in io.Reader, out io.Writer) int {
	name, err := hex.DecodeString(comm)
	if err == nil && len(name) > 0 {
		err = rename(name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var s stage
	for lines := bufio.NewScanner(in); lines.Scan(); {
		answer, err := s.perform(strings.Fields(lines.Text()))
		if err != nil {
			fmt.Fprintf(out, "error %v\n", err)
		} else {
			fmt.Fprintf(out, "ok %s\n", answer)
		}
	}
	return 0
}

// perform does one order:
//
//	listen ADDRESS       answers the address it listens on
//	bind ADDRESS         a UDP socket; answers its address
//	dial FROM TO         connects to a listener
//	socket …             see rawSockets
//	accept               accepts the next connection of the last listener
//	send BYTES           sends on the last connection
//	receive BYTES        reads from the last connection
//	unlisten             closes the last listener
//	half                 ends the sending side of the last connection
//	close                closes the last connection
func (s *stage) perform(order []string) (string, error) {
	switch order[0] {
	case "listen":
		l, err := net.Listen("tcp", order[1])
		if err != nil {
			return "", err
		}
		s.listeners = append(s.listeners, l)
		return l.Addr().String(), nil
	case "bind":
		c, err := net.ListenPacket("udp", order[1])
		if err != nil {
			return "", err
		}
		s.conns = append(s.conns, c.(*net.UDPConn))
		return c.LocalAddr().String(), nil
	case "dial":
		from, err := net.ResolveTCPAddr("tcp", order[1])
		if err != nil {
			return "", err
		}
		c, err := (&net.Dialer{LocalAddr: from}).Dial("tcp", order[2])
		return "", s.hold(c, err)
	case "socket":
		return "", s.raw.open(order[1:])
	case "unlisten":
		l := s.listeners[len(s.listeners)-1]
		s.listeners = s.listeners[:len(s.listeners)-1]
		return "", l.Close()
	case "accept":
		c, err := s.listeners[len(s.listeners)-1].Accept()
		return "", s.hold(c, err)
	}
	return "", s.use(order)
}

func (s *stage) hold(c net.Conn, err error) error {
	if err == nil {
		s.conns = append(s.conns, c)
	}
	return err
}

// use performs the orders that are about the last connection.
func (s *stage) use(order []string) error {
	c := s.conns[len(s.conns)-1]
	var n int64
	if len(order) > 1 {
		if _, err := fmt.Sscan(order[1], &n); err != nil {
			return err
		}
	}
	switch order[0] {
	case "send":
		_, err := io.CopyN(c, endless{}, n)
		return err
	case "receive":
		_, err := io.CopyN(io.Discard, c, n)
		return err
	case "half":
		return c.(*net.TCPConn).CloseWrite()
	case "close":
		s.conns = s.conns[:len(s.conns)-1]
		return c.Close()
	}
	return fmt.Errorf("no such order: %q", order)
}

// endless reads as letters without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
