package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// openSockets returns the sockets by which a process can be reached, as /proc has them: TCP that listens, and UDP.
func openSockets(t *testing.T, pid int) (found []string) {
	t.Helper()
	own := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:[") {
			own[strings.Trim(to, "socket:[]")] = true
		}
	}
	if len(own) == 0 {
		t.Fatal("the process has no sockets at all")
	}
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, kind))
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			if f := strings.Fields(line); len(f) > 9 && own[f[9]] && (f[3] == "0A" || !strings.HasPrefix(kind, "tcp")) {
				found = append(found, kind+" "+f[1])
			}
		}
	}
	return found
}

// TestNothingElseListens: without flags the program can be reached at 127.0.0.1 and ::1 on its port and nowhere else,
// also once somebody looks, names are asked for and a port is tried.
//
//attack:n1 all its sockets, as /proc lists them
//attack:n3 connections to every other address of the machine are refused
func TestNothingElseListens(t *testing.T) {
	sockeye := start(t)
	for _, path := range []string{"/?names=1", "/connections.json?names=1", "/ports/" + itoa(sockeye.port), "/network", "/metrics"} {
		sockeye.get(path)
	}
	if _, err := receive(t, dial(t, sockeye, ""), "snap"); err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("tcp 0100007F:%04X", sockeye.port), fmt.Sprintf("tcp6 00000000000000000000000001000000:%04X", sockeye.port)}
	if got := openSockets(t, sockeye.cmd.Process.Pid); !slices.Equal(got, want) {
		t.Errorf("it can be reached at %v, want %v", got, want)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	others := 0
	for _, a := range addresses {
		ip := a.(*net.IPNet).IP
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		others++
		c, err := net.Dial("tcp", net.JoinHostPort(ip.String(), itoa(sockeye.port)))
		if err == nil {
			_ = c.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("at %s: %v", ip, err)
		}
	}
	t.Logf("%d other addresses", others)
}

// harmful returns the characters of a text by which a terminal could be led, or a log could be forged.
func harmful(text string) (found []rune) {
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028') {
			found = append(found, r)
		}
	}
	return found
}

// TestTerminal: what the program writes on the terminal holds nothing that acts there: the name of a process that has
// its port, hosts, paths, origins and methods from outside.
//
//attack:j5 the holder of a taken port, and the log under requests of all kinds
func TestTerminal(t *testing.T) {
	address := newActor(t, "h", "\x1b[31m\x1b]0;x\x07\ned").tell("listen 127.0.0.1:0")
	cmd := exec.Command(sockeyeBinary, "--listen", address)
	cmd.Env = withoutSettings(os.Environ())
	out, err := cmd.CombinedOutput()
	if err == nil || len(harmful(string(out))) > 0 || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "␛[31m") {
		t.Errorf("a taken port: %v, %q", err, out)
	}

	sockeye := start(t)
	for i, text := range []string{
		"GET / HTTP/1.1\r\nHost: evil\x1b[31m.example\r\n\r\n", "GET /\x1b[2J HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /%1b%5b31m%0atime=2020 HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: \x1b[31m\xe2\x80\xae\r\n\r\n",
		"PO\x1bST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /live HTTP/1.1\r\nHost: localhost\r\nOrigin: http://\xc2\x9b31m\r\nUpgrade: web\x1bsocket\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "GET / HTTP/1.1\r\nHost: \xe2\x80\xaeelpmaxe.live\r\n\r\n",
	} {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", itoa(sockeye.port)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		if tcp := c.(*net.TCPConn); tcp.CloseWrite() == nil {
			if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode < 400 {
				t.Errorf("request %d: %s", i, res.Status)
			}
		}
		_ = c.Close() // the answer was read
	}
	sockeye.stop()
	log := sockeye.log()
	if found := harmful(log); len(found) > 0 || !strings.Contains(log, "refused") {
		t.Errorf("the log holds %q:\n%q", found, log)
	}
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "sockeye: http://") {
			t.Errorf("a forged line of the log: %q", line)
		}
	}
}

// startsPrograms are the files that may start a program, none of them with a word from outside: --open has the desktop
// open our own address, --user starts sockeye itself before it serves, and Windows is asked by netsh which ports are kept.
var startsPrograms = []string{"../launch_other.go", "../launch_windows.go", "../user_linux.go", "../ports/rules_windows.go"}

// TestNoPrograms: nothing starts a program with data, so no name can become a part of a command. Package os/exec may be
// imported by its own name alone, for the errors that it has.
//
//attack:j9 four files start a program, with fixed arguments and our own address
func TestNoPrograms(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || slices.Contains(startsPrograms, path) || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../bench") || strings.HasPrefix(path, "../tools") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, word := range []string{"exec.Command", "exec.Cmd", ` "os/exec"`, `"plugin"`, "os.StartProcess", "syscall.Exec", "syscall.ForkExec", "unix.Exec", "ShellExecute"} {
			if strings.Contains(string(code), word) {
				t.Errorf("%s has %s", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBuiltTwice: the program is the same, byte for byte, built from the same files in another place.
//
//attack:s2 from two directories, with -trimpath
func TestBuiltTwice(t *testing.T) {
	var sums []string
	copied := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(copied, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	for i, dir := range []string{"..", copied} {
		exe := filepath.Join(t.TempDir(), "sockeye"+itoa(i))
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", exe, ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		b, err := os.ReadFile(exe)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(b))
	}
	if sums[0] != sums[1] {
		t.Error("the two differ")
	}
}
