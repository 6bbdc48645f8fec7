package actions

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
)

// newRealActor returns an actor of this machine. Its confirmations are good at once, and its pace is none: both are
// tested elsewhere, and no test waits for a clock.
func newRealActor(t *testing.T) *Actor {
	t.Helper()
	a := New(filepath.Join(t.TempDir(), "audit.log"), slog.New(slog.DiscardHandler))
	clock := time.Now()
	a.confirm.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	a.pace.now = func() time.Time { clock = clock.Add(10 * time.Second); return clock }
	return a
}

// order confirms an act on a target and does it.
func order(t *testing.T, a *Actor, v Verb, target Target) (Outcome, error) {
	t.Helper()
	nonce, _ := a.confirm.issue(v, target)
	out, _, err := a.Do(t.Context(), Order{Verb: v, Target: target, Nonce: nonce})
	return out, err
}

// child starts a process that waits, and ends it with the test. script is run by a shell before.
func child(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	c := exec.Command("sh", "-c", script+"; echo ready; while :; do sleep 600 & wait $!; done")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // its own sleep too
		_ = c.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return c
}

// TestRealTerminate: a process is asked to end, and does.
func TestRealTerminate(t *testing.T) {
	a, c := newRealActor(t), child(t, ":")
	p, err := a.Identify(int32(c.Process.Pid))
	if err != nil || p.Name != "sh" || p.Boot == "" || p.Start == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	out, err := order(t, a, Terminate, Target{Process: p})
	if err != nil || !out.Gone {
		t.Fatalf("%+v, %v", out, err)
	}
	_ = c.Wait()
	if s := c.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGTERM {
		t.Errorf("it ended by %v", c.ProcessState)
	}
	if _, err := order(t, a, Kill, Target{Process: p}); reasonOf(t, err) != Changed {
		t.Errorf("once more: %v", err)
	}
}

// TestRealKill: a process that does not heed SIGTERM is there after it, and is killed.
func TestRealKill(t *testing.T) {
	a, c := newRealActor(t), child(t, "trap '' TERM")
	p, err := a.Identify(int32(c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithCancel(t.Context())
	cancel() // nobody waits for the end that does not come
	nonce, _ := a.confirm.issue(Terminate, Target{Process: p})
	out, _, err := a.Do(brief, Order{Verb: Terminate, Target: Target{Process: p}, Nonce: nonce})
	if err != nil || out.Gone {
		t.Fatalf("SIGTERM: %+v, %v", out, err)
	}
	if out, err = order(t, a, Kill, Target{Process: p}); err != nil || !out.Gone {
		t.Fatalf("SIGKILL: %+v, %v", out, err)
	}
	_ = c.Wait()
	if s := c.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGKILL {
		t.Errorf("it ended by %v", c.ProcessState)
	}
}

// TestRealDenied (X5): this machine's own: init, this program, its parents, a thread of the kernel, a thread of a process,
// and one in a PID namespace of its own.
func TestRealDenied(t *testing.T) {
	a := newRealActor(t)
	for name, pid := range map[string]int{"init": 1, "this": os.Getpid(), "the parent": os.Getppid(), "a kernel thread": 2} {
		p, err := a.Identify(int32(pid))
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if name == "a kernel thread" && p.Name != "kthreadd" {
			t.Logf("PID 2 is %s here", p.Name)
			continue
		}
		if err := a.Consider(Kill, Target{Process: p}); reasonOf(t, err) != Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Identify(int32(syscall.Gettid())); syscall.Gettid() != os.Getpid() && reasonOf(t, err) != Changed {
		t.Errorf("a thread: %v", err)
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make a PID namespace")
	}
	c := exec.Command("sleep", "600")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if err := c.Start(); err != nil {
		t.Skipf("no PID namespace: %v", err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	p, err := a.Identify(int32(c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Consider(Terminate, Target{Process: p}); reasonOf(t, err) != Denied {
		t.Errorf("in a namespace of its own: %v", err)
	}
}

// pair is a connection on loopback.
func pair(t *testing.T, network, address string) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial(network, l.Addr().String())
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

// identityOf asks the kernel for the identity of our end of a connection.
func identityOf(t *testing.T, c net.Conn) Connection {
	t.Helper()
	local, remote := c.LocalAddr().(*net.TCPAddr).AddrPort(), c.RemoteAddr().(*net.TCPAddr).AddrPort()
	q := sockdiag.Question{Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Local: local, Remote: remote, Cookie: sockdiag.AnyCookie}
	if local.Addr().Is6() {
		q.Family = sockdiag.FamilyIPv6
	}
	d, err := sockdiag.Ask(q)
	if err != nil {
		t.Fatal(err)
	}
	return Connection{
		Cookie: d.Cookie, IPv6: d.Family == sockdiag.FamilyIPv6, Local: plainEnd(local), Remote: plainEnd(remote),
		State: poller.KernelState(d.State).String(),
	}
}

// foreign is a connection that another process holds: this one's are not closed. It returns our end of it, and its
// identity at the other end.
func foreign(t *testing.T) (ours net.Conn, theirs Connection) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash, which connects by itself")
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c := exec.Command(bash, "-c", `exec 3<>/dev/tcp/127.0.0.1/$0; cat <&3`, port)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	if ours, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	id := identityOf(t, reversed{ours})
	return ours, id
}

// reversed is a connection seen from its other end.
type reversed struct{ net.Conn }

func (r reversed) LocalAddr() net.Addr  { return r.Conn.RemoteAddr() }
func (r reversed) RemoteAddr() net.Addr { return r.Conn.LocalAddr() }

// TestRealClose: a connection of another process is closed, and no other; ours are not, and without the right none is.
func TestRealClose(t *testing.T) {
	a := newRealActor(t)
	ours, theirs := foreign(t)
	target := Target{Connection: theirs}
	if !a.Closing().Possible {
		if err := a.Consider(Close, target); reasonOf(t, err) != Unsupported {
			t.Errorf("with a kernel that cannot: %v", err)
		}
		t.Skip(a.Closing().Why)
	}
	if a.Closing().Missing != "" {
		if _, err := order(t, a, Close, target); reasonOf(t, err) != NotPermitted {
			t.Errorf("without the right: %v", err)
		}
		return
	}
	for _, own := range []string{"tcp4", "tcp6"} {
		address := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[own]
		client, _ := pair(t, own, address)
		if _, err := order(t, a, Close, Target{Connection: identityOf(t, client)}); reasonOf(t, err) != Denied {
			t.Errorf("one of this program's own: %v", err)
		}
	}
	another := target
	another.Connection.Cookie++
	if _, err := order(t, a, Close, another); reasonOf(t, err) != Changed {
		t.Errorf("another cookie: %v", err)
	}
	out, err := order(t, a, Close, target)
	if err != nil || !out.Gone {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := ours.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(ours); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("our end reads %v", err)
	}
	if _, err := order(t, a, Close, target); reasonOf(t, err) != Changed {
		t.Errorf("once more: %v", err)
	}
}

// TestRealPortReuse (X4): between the same two ends there is one connection after the other, and none is closed by the
// identity of the one before.
func TestRealPortReuse(t *testing.T) {
	a := newRealActor(t)
	if can := a.Closing(); !can.Possible || can.Missing != "" {
		t.Skip("connections cannot be closed here: " + can.Why + can.Missing)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var from *net.TCPAddr
	var before Connection
	tried := 0
	for range reuses {
		c, err := net.DialTCP("tcp4", from, l.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if from == nil {
			from = c.LocalAddr().(*net.TCPAddr)
		}
		now := identityOf(t, c)
		if before.Cookie != 0 {
			tried++
			if before.Local != now.Local || before.Remote != now.Remote || before.Cookie == now.Cookie {
				t.Fatalf("not used again: %+v, %+v", before, now)
			}
			if err := a.Consider(Close, Target{Connection: before}); reasonOf(t, err) != Changed {
				t.Fatalf("reuse %d: %v", tried, err)
			}
			found := diagSocket{question: sockdiag.Question{ // past all checks of ours: the kernel's own
				Family: sockdiag.FamilyIPv4, Protocol: sockdiag.ProtocolTCP, Local: before.Local, Remote: before.Remote, Cookie: before.Cookie,
			}}
			if err := found.destroy(); !is(err, errGone) {
				t.Fatalf("reuse %d: destroyed: %v", tried, err)
			}
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatalf("reuse %d: another connection was closed: %v", tried, err)
			}
		}
		before = now
		if err := c.SetLinger(0); err != nil { // leaves no TIME_WAIT
			t.Fatal(err)
		}
		_, _ = c.Close(), s.Close()
	}
	t.Logf("%d times the same ends", tried)
}

// TestAbilities: what is missing is told by name.
func TestAbilities(t *testing.T) {
	a := newRealActor(t)
	t.Logf("closing %+v, ending %+v", a.Closing(), a.Ending())
	if c := a.Closing(); c.Possible == (c.Why != "") {
		t.Errorf("%+v", c)
	}
	q, err := questionOf(Connection{Cookie: sockdiag.AnyCookie, Local: netip.MustParseAddrPort("127.0.0.1:1"), Remote: netip.MustParseAddrPort("127.0.0.1:2")})
	if !is(err, errGone) {
		t.Errorf("any cookie: %+v, %v", q, err)
	}
	for _, text := range []string{"", "1 (a", "1 (a) S 1 2", "1 (a) S x" + strings.Repeat(" 1", 30)} {
		if s, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
	s, err := parseStat([]byte("9 (a) S 1 (b) S 7 9 9 0 -1 2097152 " + fmt.Sprint(strings.Repeat("1 ", 12), "900 5")))
	if err != nil || s.name != "a) S 1 (b" || s.parent != 7 || s.flags&kernelThread == 0 || s.start != 900 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestBefore: a start that is over is told from one of this moment.
func TestBefore(t *testing.T) {
	if !before(0) || before(1<<60) {
		t.Error("moments are told wrong")
	}
}
