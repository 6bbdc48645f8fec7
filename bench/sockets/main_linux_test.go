package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"sockeye/bench/internal/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// generator is a running generator.
type generator struct {
	cmd    *exec.Cmd
	in     io.Closer
	lines  *bufio.Scanner
	report load.Report
}

// launch builds and starts the generator with two workers, and waits until it is ready.
func launch(t *testing.T) *generator {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "sockets")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(exe, strings.Fields("-listen 2 -established 10 -processes 2 -for 5m")...)
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
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	g := &generator{cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	if !g.lines.Scan() {
		t.Fatal("the generator ended without a word")
	}
	if err := json.Unmarshal(g.lines.Bytes(), &g.report); err != nil {
		t.Fatalf("line %q: %v", g.lines.Text(), err)
	}
	return g
}

// reachable counts the generator's listeners that accept a connection.
func (g *generator) reachable() int {
	n := 0
	for i, port := range g.report.Ports {
		c, err := net.Dial("tcp", fmt.Sprintf("127.1.%d.1:%d", 1+i, port))
		if err == nil {
			n++
			_ = c.Close()
		}
	}
	return n
}

// awaitEnd reads the generator's output to its end, which comes when the last of its processes is gone.
func (g *generator) awaitEnd(t *testing.T) (last string) {
	t.Helper()
	for g.lines.Scan() {
		last = g.lines.Text()
	}
	return last
}

func TestHoldsAndEnds(t *testing.T) {
	for name, end := range map[string]func(*generator) error{
		"interrupt":       func(g *generator) error { return g.cmd.Process.Signal(os.Interrupt) },
		"terminate":       func(g *generator) error { return g.cmd.Process.Signal(syscall.SIGTERM) },
		"end of its pipe": func(g *generator) error { return g.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			g := launch(t)
			if r := g.report; !r.Ready || r.Established != 10 || len(r.Pids) != 2 || len(r.Ports) != 2 {
				t.Errorf("report %+v", r)
			}
			if n := g.reachable(); n != 2 {
				t.Errorf("%d of 2 listeners accept", n)
			}
			if err := end(g); err != nil {
				t.Fatal(err)
			}
			if last := g.awaitEnd(t); last != `{"churned":0}` {
				t.Errorf("last line %q", last)
			}
			if err := g.cmd.Wait(); err != nil {
				t.Errorf("exit: %v", err)
			}
			if n := g.reachable(); n != 0 {
				t.Errorf("%d listeners still accept", n)
			}
		})
	}
}

// TestWorkersDieWithTheGenerator kills the first process, which can then tell its workers nothing.
func TestWorkersDieWithTheGenerator(t *testing.T) {
	g := launch(t)
	watch, err := net.Dial("tcp", fmt.Sprintf("127.1.1.1:%d", g.report.Ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	if err := g.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = g.cmd.Wait()
	// The connection waits in the worker's accept queue, which ends with the worker.
	if _, err := watch.Read(make([]byte, 1)); err == nil {
		t.Error("the worker sent something")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{"-for 0s", "-for 13h", "-listen x", "-unknown", "stray"} {
		if _, err := parse(strings.Fields(line)); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

func TestRefusesABadSpec(t *testing.T) {
	o, err := parse(strings.Fields("-listen 0 -established 2"))
	if err != nil {
		t.Fatal(err)
	}
	if err := hold(t.Context(), o, io.Discard); err == nil || !strings.Contains(err.Error(), "need a listener") {
		t.Errorf("error %v", err)
	}
}
