package poller

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The environment of TestSoak: how long the churn lasts (a duration as "10m"; 20 s where nothing is said, 3 s with
// -short), and whether it is the machine's own table that is compared, among the sockets of all other programs, and not
// that of a network namespace of the test's own.
const (
	soakTime = "SOCKEYE_TEST_SOAK"
	soakHost = "SOCKEYE_TEST_SOAK_HOST"
	// soakSockets is the path of the socket generator, from the test to itself in its namespace.
	soakSockets = "SOCKEYE_TEST_SOCKETS"
)

// After minutes of sockets and processes that come and go, the table is that of ss again, socket by socket, told apart
// by their cookies; each process that ss can name is the owner; and nothing is remembered of what is gone. The long
// form is SOCKEYE_TEST_SOAK=10m go test ./poller -run TestSoak -v -timeout 20m.
func TestSoak(t *testing.T) {
	if _, err := exec.LookPath("ss"); err != nil {
		t.Skip("ss is not installed (package iproute2)")
	}
	if os.Getenv(soakSockets) == "" {
		t.Setenv(soakSockets, buildSockets(t))
		t.Setenv(soakTime, soakDuration(t).String()) // -short is not known there
		if os.Getenv(soakHost) == "" {
			inNamespace(t, "TestSoak")
			return
		}
	}
	check(t, listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0").Close()) // Go opens descriptors of its own with the first
	files := descriptorsOpen(t)
	p, stop := live(t)
	end := churnFor(t, soakDuration(t))
	s := p.settled(t)
	t.Logf("%d rows equal to those of ss, %d owners of %d that ss named, after %d polls; %d connections ended meanwhile, the end of %d was not heard of",
		s.rows, s.owners, s.named, statusOf(p).Seq, statusOf(p).Ended, statusOf(p).EndingsLost)
	if s.owners != s.named || s.named == 0 {
		t.Errorf("%d owners of %d are those of ss", s.owners, s.named)
	}
	stop()
	end()
	p.remembersNoMore(t)
	if now := descriptorsOpen(t); now != files {
		t.Errorf("%d descriptors are open, before it were %d", now, files)
	}
}

// soakDuration returns how long the churn lasts.
func soakDuration(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv(soakTime); text != "" {
		d, err := time.ParseDuration(text)
		check(t, err)
		return d
	}
	if testing.Short() {
		return 3 * time.Second
	}
	return 20 * time.Second
}

// buildSockets builds the socket generator.
func buildSockets(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sockets")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "sockeye/bench/sockets").CombinedOutput()
	if err != nil {
		t.Fatalf("build the socket generator: %v\n%s", err, out)
	}
	return path
}

// live runs a Poller that somebody watches, until stop.
func live(t *testing.T) (p *Poller, stop func()) {
	t.Helper()
	p, err := New(t.Context(), Options{Source: SourceNetlink, Interval: MinInterval, Log: quiet()})
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	leave := p.Watch()
	return p, sync.OnceFunc(func() {
		leave()
		cancel()
		check(t, <-ended)
	})
}

// churnFor has sockets of every kind open and close for a while: some are held all along by several processes, and
// stay until end is called; others are of processes that come and go, of connections that live shorter than an
// interval, and of this process.
func churnFor(t *testing.T, d time.Duration) (end func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	endHeld := generator(t, t.Context(), "-listen 8 -established 200 -closewait 10 -timewait 5 -udp 20 -processes 4 -for 12h")
	endChurn := generator(t, ctx, "-listen 4 -established 100 -processes 2 -churn 200 -replace 20 -for 12h")
	var all sync.WaitGroup
	all.Go(func() {
		for ctx.Err() == nil { // processes that last a moment
			cmd := exec.CommandContext(ctx, os.Getenv(soakSockets), strings.Fields("-listen 2 -established 20 -processes 2 -for 300ms")...)
			cmd.Stderr = os.Stderr
			_ = cmd.Run() // the end of ctx is no failure
		}
	})
	m := &mixer{random: rand.New(rand.NewPCG(1, 2))}
	for ctx.Err() == nil {
		m.step(t)
	}
	all.Wait()
	endChurn()
	return func() {
		m.close()
		endHeld()
	}
}

// generator runs the socket generator until ctx ends or end is called.
func generator(t *testing.T, ctx context.Context, args string) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, os.Getenv(soakSockets), strings.Fields(args)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	_, err = out.Read(make([]byte, 1)) // its first line comes when all is open
	check(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	end = func() { cancel(); <-ended }
	t.Cleanup(end)
	return end
}

// mixer opens and closes sockets of every kind by chance.
type mixer struct {
	random *rand.Rand
	held   []io.Closer
}

// maxHeld is how many sockets a mixer holds, about.
const maxHeld = 150

// step opens something or closes something.
func (m *mixer) step(t *testing.T) {
	t.Helper()
	time.Sleep(2 * time.Millisecond)
	if n := len(m.held); n > 0 && m.random.IntN(maxHeld) < n {
		i := m.random.IntN(n)
		check(t, m.held[i].Close())
		m.held = slices.Delete(m.held, i, i+1)
		return
	}
	network := []string{"4", "6", ""}[m.random.IntN(3)]
	host := []string{"127.0.0.1:0", "[::1]:0", ":0"}[map[string]int{"4": 0, "6": 1, "": 2}[network]]
	if m.random.IntN(2) == 0 {
		u, err := net.ListenPacket("udp"+network, host)
		check(t, err)
		m.held = append(m.held, u)
		return
	}
	l, err := net.Listen("tcp"+network, host)
	check(t, err)
	m.held = append(m.held, l)
	if client, err := net.Dial("tcp", l.Addr().String()); err == nil { // at times accepted, at times left in the queue
		m.held = append(m.held, client)
		if m.random.IntN(2) == 0 {
			server, err := l.Accept()
			check(t, err)
			m.held = append(m.held, server)
		}
	}
}

func (m *mixer) close() {
	for _, c := range m.held {
		_ = c.Close()
	}
}

// likeness is how far the table is like what ss tells.
type likeness struct{ rows, named, owners int }

// maxLooks is how often the table and ss are compared before they are said to differ: TIME_WAIT runs out between two
// looks, and elsewhere than in a namespace other programs go on.
const maxLooks = 300

// settled returns how far the table is like ss once no row of the one is missing in the other.
func (p *Poller) settled(t *testing.T) likeness {
	t.Helper()
	var diff string
	for range maxLooks {
		rows := p.nextRows(t)
		theirs := askSS(t)
		ours := map[ID]string{}
		for id, c := range rows {
			ours[id] = ssLine(&c.Socket)
		}
		lines := map[ID]string{}
		for id, s := range theirs {
			lines[id] = s.line
		}
		if diff = cmp.Diff(lines, ours); diff != "" {
			continue
		}
		l := likeness{rows: len(rows)}
		for id, s := range theirs {
			if len(s.pids) == 0 {
				continue
			}
			l.named++
			if c := rows[id]; c.Owner != nil && slices.Contains(s.pids, c.Owner.PID) {
				l.owners++
			} else {
				diff += fmt.Sprintf("%s: ss names %v, and not %v %q\n", s.line, s.pids, c.Owner, c.OwnerNote)
			}
		}
		if l.owners == l.named {
			return l
		}
	}
	t.Fatalf("after %d looks ss and the table differ (-ss +ours):\n%s", maxLooks, diff)
	return likeness{}
}

// nextRows returns the rows after the next poll.
func (p *Poller) nextRows(t *testing.T) (all map[ID]Connection) {
	t.Helper()
	for before := statusOf(p).Seq; statusOf(p).Seq == before; {
		time.Sleep(MinInterval / 10)
	}
	p.Read(func(table *Table) { all = rows(table) })
	return all
}

// ssRow is what ss tells of a socket.
type ssRow struct {
	line string
	pids []int32
}

var (
	ssCookie = regexp.MustCompile(` sk:([0-9a-f]+)`)
	ssPID    = regexp.MustCompile(`,pid=([0-9]+),`)
)

// askSS returns what ss tells of all sockets, by their cookies.
func askSS(t *testing.T) map[ID]ssRow {
	t.Helper()
	out, err := exec.Command("ss", "-tuanpeH").Output()
	check(t, err)
	all := map[ID]ssRow{}
	for line := range strings.Lines(string(out)) {
		f, cookie := strings.Fields(line), ssCookie.FindStringSubmatch(line)
		if len(f) < 6 || cookie == nil {
			t.Fatalf("ss: %q", line)
		}
		id, err := strconv.ParseUint(cookie[1], 16, 64)
		check(t, err)
		s := ssRow{line: strings.Join(f[:6], " ")}
		for _, m := range ssPID.FindAllStringSubmatch(line, -1) {
			pid, err := strconv.ParseInt(m[1], 10, 32)
			check(t, err)
			s.pids = append(s.pids, int32(pid))
		}
		all[ID(id)] = s
	}
	return all
}

// remembersNoMore checks that the caches hold no more than what is in the table. Run must have ended.
func (p *Poller) remembersNoMore(t *testing.T) {
	t.Helper()
	o, n := p.owners.(*inodeOwners), p.table.Len()
	for what, size := range map[string]int{
		"places of sockets": len(o.byInode), "misses": len(o.misses), "rows without owner": len(p.table.unowned),
		"listeners": len(p.table.listeners), "pairs": len(p.table.peers.pairs),
	} {
		if size > n {
			t.Errorf("%d %s are remembered of %d sockets", size, what, n)
		}
	}
	if len(p.ends) > 0 || p.endings != nil {
		t.Errorf("%d endings wait, collecting: %v", len(p.ends), p.endings != nil)
	}
}

// descriptorsOpen returns the number of descriptors of this process.
func descriptorsOpen(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(files)
}
