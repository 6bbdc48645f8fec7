package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sockeye/bench/internal/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMixtureCanBeHad: every number that is allowed gives that many sockets, some of each kind, in parts that the
// generator takes.
func TestMixtureCanBeHad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(minSockets, load.MaxSockets).Draw(t, "n")
		s := mixture(n)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if got := s.Sockets(); got != n && got != n-1 {
			t.Fatalf("%d sockets, want %d", got, n)
		}
		if s.Listen < 1 || s.Established < n/2 || s.TimeWait < 1 || s.UDP < 1 || s.Replace < 1 {
			t.Fatalf("mixture %+v", s)
		}
		for _, share := range s.Split(max(4, n/perProcess+1)) {
			if err := share.Check(); err != nil || share.Sockets() > 2*perProcess {
				t.Fatalf("share %+v: %v", share, err)
			}
		}
	})
}

func TestLaunchOfWhatEndsAtOnce(t *testing.T) {
	c := command(t.Context(), "false")
	if _, _, err := launch(c, c.StdoutPipe); err == nil || !strings.Contains(err.Error(), "without a word") {
		t.Errorf("error %v", err)
	}
	c = command(t.Context(), filepath.Join(t.TempDir(), "missing"))
	if _, _, err := launch(c, c.StdoutPipe); err == nil {
		t.Error("no error for a program that is not there")
	}
}

func TestUseCells(t *testing.T) {
	one := use{viewers: 1, busy: 0.004, resident: 20_000_000}
	for _, tt := range []struct {
		use
		want string
	}{
		{use{viewers: 0, busy: 0.0001, resident: 10_000_000}, "0|0.010|0.025 ×|10.0 MB|–"},
		{one, "1|0.400|1.00 ×|20.0 MB|–"},
		{use{viewers: 201, busy: 0.006, resident: 40_000_000}, "201|0.600|1.50 ×|40.0 MB|100.0 kB"},
	} {
		if got := strings.Join(tt.cells(one), "|"); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.use, got, tt.want)
		}
	}
	if got := strings.Join((&use{viewers: 2, busy: 0.1}).cells(use{}), "|"); got != "2|10.0|–|0 B|–" {
		t.Errorf("without one viewer: %s", got)
	}
}

// tiny is a run with the least of everything.
var tiny = []string{"-sizes", "100", "-rounds", "2", "-interval", "200ms", "-budget", "0", "-rate", "50", "-short", "300ms",
	"-cpu", "500ms", "-viewers", "0,1,2", "-watched", "100", "-markdown"}

// TestWholeRun builds everything and makes every measurement.
func TestWholeRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run takes half a minute")
	}
	self := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", self, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	o, err := parse(tiny)
	if err != nil {
		t.Fatal(err)
	}
	o.settling, o.looking = 100*time.Millisecond, 3*time.Second
	var b strings.Builder
	if err := measure(t.Context(), self, o, tiny, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Figures\n", "## The machine", "## 100 sockets", "| bare kernel dump", "| sockeye, steady poll",
		"| sockeye, first poll", "| gopsutil", "`ss -tanp`", "`netstat -tanp`", "MB resident", "## Short connections", "| 100.000 % |",
		"## While it is watched", "\n| 0 ", "\n| 1 ", "\n| 2 ", "## The program and its page", "| HTML with 100 rows, gzip"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in what was printed", want)
		}
	}
	t.Log(b.String())
}

// TestWorkPrintsJSON that reads back.
func TestWorkPrintsJSON(t *testing.T) {
	var b strings.Builder
	if err := work(t.Context(), options{task: "short", rate: 100, short: 100 * time.Millisecond}, &b); err != nil {
		t.Fatal(err)
	}
	var made shorts
	if err := json.Unmarshal([]byte(b.String()), &made); err != nil || len(made.Conns) == 0 || made.Took <= 0 {
		t.Errorf("%s: %+v, %v", strconv.Quote(b.String()), made, err)
	}
}
