package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeLsof is a command lsof that prints a file for each kind of sockets that gopsutil asks for, and ends as lsof does: with 1
// where there is nothing to print. The file "way", where it is there, makes it go wrong in a way; "once-KIND" makes it print
// nothing once. Asked for anything else it complains.
const fakeLsof = `#!/bin/sh
here=${0%/*}
case "$*" in
"-a -n -P -i 4tcp" | "-a -n -P -i 6tcp" | "-a -n -P -i 4udp" | "-a -n -P -i 6udp") file=$here/$5.txt ;;
*) echo "lsof: not what was recorded: $*" >&2; exit 64 ;;
esac
read -r way <"$here/way"
case "$way" in
well) ;;
nothing) exit 1 ;;
fails) echo "lsof: can't read the kernel's tables: permission denied" >&2; exit 1 ;;
killed) kill -9 $$ ;;
hangs) head -n 2 "$file"; exec sleep 600 ;;
esac
if rm "$here/once-$5" 2>/dev/null || ! [ -s "$file" ]; then exit 1; fi
exec cat "$file"
`

// recording is a fake lsof with what it prints.
type recording struct {
	t   *testing.T
	dir string
}

// recorded puts a fake lsof with the texts of a folder of testdata/lsof into one of its own.
func recorded(t *testing.T, name string) *recording {
	t.Helper()
	r := &recording{t, t.TempDir()}
	if err := os.CopyFS(r.dir, os.DirFS(filepath.Join("testdata/lsof", name))); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(r.dir, "lsof")
	write(t, exe, fakeLsof)
	if err := os.Chmod(exe, 0o755); err != nil {
		t.Fatal(err)
	}
	r.way("well")
	return r
}

// way says how lsof works from now on.
func (r *recording) way(way string) { r.put("way", way+"\n") }

// put puts a file of the fake lsof in its place at once, so that no run of it reads a half.
func (r *recording) put(name, text string) {
	r.t.Helper()
	write(r.t, filepath.Join(r.dir, "new"), text)
	if err := os.Rename(filepath.Join(r.dir, "new"), filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// start starts the variant with the fake lsof first on the path.
func (r *recording) start() *program {
	r.t.Helper()
	return startLsof(r.t, "PATH="+r.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// startLsof starts the variant with more of an environment.
func startLsof(t *testing.T, env ...string) *program {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command(lsofVariant(t), "--listen", "localhost:"+strconv.Itoa(port), "--source", "gopsutil", "--interval", "250ms")
	cmd.Env = append(withoutSettings(os.Environ()), env...)
	return startCommand(t, port, cmd)
}

// lsofRow is what the texts say of a socket.
type lsofRow struct {
	Protocol, Family, State string
	LocalAddress            string  `json:"local_address"`
	LocalPort               uint16  `json:"local_port"`
	RemoteAddress           *string `json:"remote_address"`
	RemotePort              *uint16 `json:"remote_port"`
	PID                     int
}

// String writes the row as rows.txt has it.
func (r lsofRow) String() string {
	remote := "-"
	if r.RemoteAddress != nil && r.RemotePort != nil {
		remote = endText(*r.RemoteAddress, *r.RemotePort)
	}
	return fmt.Sprintf("%s %s %s %s %s %d", r.Protocol, r.Family, endText(r.LocalAddress, r.LocalPort), remote, r.State, r.PID)
}

// endText joins address and port.
func endText(address string, port uint16) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return err.Error()
	}
	return netip.AddrPortFrom(a, port).String()
}

// lsofTable is the table at a moment, as far as it is known from lsof.
type lsofTable struct {
	Source   string
	Complete bool
	Notes    []string
	rows     []string // sorted
}

// said reports whether the reader is told something.
func (l *lsofTable) said(what string) bool {
	return slices.ContainsFunc(l.Notes, func(n string) bool { return strings.Contains(n, what) })
}

// lsofTable asks for the whole table.
func (p *program) lsofTable() *lsofTable {
	p.t.Helper()
	answer, body := p.get("/connections.json")
	var l struct {
		lsofTable
		Connections []lsofRow
	}
	if err := json.Unmarshal([]byte(body), &l); err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("/connections.json: %s: %v\n%.300s", answer.Status, err, body)
	}
	for _, row := range l.Connections {
		l.rows = append(l.rows, row.String())
	}
	slices.Sort(l.rows)
	return &l.lsofTable
}

// rows returns the rows that have to come of a recording.
func (r *recording) rows() []string {
	rows := strings.Split(strings.TrimSpace(read(r.t, filepath.Join(r.dir, "rows.txt"))), "\n")
	slices.Sort(rows)
	return rows
}

// TestLsofText: of the text that lsof prints come exactly the rows that it tells of, by gopsutil's own reading of it and by
// what sockeye makes of that: descriptors of one socket are one row.
func TestLsofText(t *testing.T) {
	for _, system := range []string{"debian", "macos"} {
		t.Run(system, func(t *testing.T) {
			r := recorded(t, system)
			got := r.start().lsofTable()
			if diff := cmp.Diff(r.rows(), got.rows); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Source != "gopsutil" || got.Complete != (os.Geteuid() == 0) || got.said("The last look") {
				t.Errorf("source %q, complete %v, notes %q", got.Source, got.Complete, got.Notes)
			}
		})
	}
}

// TestLsofFails: an lsof that prints nothing, fails, is killed or does not end makes the table stale and changes no row of
// it; once it works again, all is as it was.
func TestLsofFails(t *testing.T) {
	r := recorded(t, "debian")
	p := r.start()
	want := r.rows()
	if got := p.lsofTable().rows; !slices.Equal(got, want) {
		t.Fatalf("%d rows to begin with, want %d", len(got), len(want))
	}
	for _, tt := range []struct{ way, why string }{
		{"nothing", "lsof listed no sockets at all"}, {"fails", "lsof listed no sockets at all"},
		{"killed", "lsof listed no sockets at all"}, {"hangs", "lsof did not end within 4s"},
	} {
		r.way(tt.way)
		waitFor(t, "lsof "+tt.way+": "+tt.why, func() bool {
			got := p.lsofTable()
			if !slices.Equal(got.rows, want) {
				t.Fatalf("lsof %s: %d rows, want the %d from before; notes %q", tt.way, len(got.rows), len(want), got.Notes)
			}
			return got.said(tt.why) && !got.Complete
		})
		r.way("well")
		waitFor(t, "a table that is not stale", func() bool { return !p.lsofTable().said("The last look") })
	}
	if got := p.lsofTable().rows; !slices.Equal(got, want) {
		t.Errorf("%d rows in the end, want %d", len(got), len(want))
	}
}

// TestLsofEmptiedKind: a kind of sockets of which lsof prints none once closes no row; where it prints none again, they are
// gone.
func TestLsofEmptiedKind(t *testing.T) {
	r := recorded(t, "debian")
	p := r.start()
	want := r.rows()
	if got := p.lsofTable().rows; !slices.Equal(got, want) {
		t.Fatalf("%d rows to begin with, want %d", len(got), len(want))
	}
	r.put("once-6tcp", "")
	waitFor(t, "the doubt", func() bool {
		if got := p.lsofTable(); !slices.Equal(got.rows, want) {
			t.Fatalf("%d rows, want the %d from before; notes %q", len(got.rows), len(want), got.Notes)
		}
		return strings.Contains(p.log(), "lsof listed no tcp6 sockets, of which there were ")
	})
	r.put("6tcp.txt", "")
	rest := slices.DeleteFunc(want, func(row string) bool { return strings.HasPrefix(row, "tcp ipv6 [") })
	waitFor(t, "the rows of tcp6 to go", func() bool { return slices.Equal(p.lsofTable().rows, rest) })
}

// TestLsofInterval: a look by lsof costs much, so there is one every five seconds where nothing else is asked for. It holds
// that the variant has the poller's file for those systems.
func TestLsofInterval(t *testing.T) {
	out, err := exec.Command(lsofVariant(t), "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "(default 5s)") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLsofMissing: without the command lsof no table is claimed, and it is said what is missing.
func TestLsofMissing(t *testing.T) {
	p := startLsof(t, "PATH="+t.TempDir())
	if answer, body := p.get("/connections.json"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "not installed") {
		t.Errorf("/connections.json: %s: %.300s", answer.Status, body)
	}
	if _, body := p.get("/"); !strings.Contains(body, "the command lsof, by which sockets are read here, is not installed") {
		t.Error("the page does not say why there is no table")
	}
}
