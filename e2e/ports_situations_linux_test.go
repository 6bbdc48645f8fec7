package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// situationsVariable in the environment says that this process has a network namespace of its own.
const situationsVariable = "E2E_SITUATIONS"

// portWay is a way of binding a port, in the data of an answer.
type portWay struct {
	Address   string `json:"address"`
	WithIPv4  bool   `json:"with_ipv4"`
	ReuseAddr bool   `json:"so_reuseaddr"`
	CanBind   string `json:"can_bind"`
	Errno     *string
	Reason    *string
}

// portAnswer is what the test reads of /ports/{port}/{protocol}.json.
type portAnswer struct {
	Sentence  string
	Protocols []struct {
		Situation   string
		Sentence    string
		CanBind     string `json:"can_bind"`
		CanBindBy   string `json:"can_bind_by"`
		CanBindNote string `json:"can_bind_note"`
		Remarks     []string
		Ways        []portWay
	}
	Others []struct {
		Holds       string
		SecondsLeft *float64 `json:"seconds_left"`
	}
}

// askPort asks a program for a port of one protocol; where it tries ports too often, once more after a while.
func askPort(t *testing.T, p *program, path string) (a portAnswer) {
	t.Helper()
	answer, body := p.get(path)
	for answer.StatusCode == http.StatusTooManyRequests {
		wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(wait) * time.Second)
		answer, body = p.get(path)
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %v\n%s", path, answer.Status, err, body)
	}
	return a
}

// situation is a row of the table: what is done to a port, and what is to be said of it.
type situation struct {
	name string
	port string // with the protocol
	// make brings the situation about. It returns what stands for %s in the sentences: processes with PID and user.
	make func(t *testing.T) []any
	// user is set where the program works for a user without rights.
	user bool

	situation string
	// predicted and tried are the sentences without and after a trial, each a pattern in which %s is a process; canPredicted
	// and canTried are the answers to whether the port can be bound.
	predicted, canPredicted string
	tried, canTried         string
	// remark is part of a remark on the rules, "" for none.
	remark string
}

// The sentences that stand in several rows.
const (
	seemsFree = `seems free: no socket of this machine holds it`
	isFree    = `is free: I just bound and released it on 0.0.0.0 and ::`
)

// holder starts an actor with a name and gives it orders. It returns how a sentence names it.
func holder(t *testing.T, name string, orders ...string) (*actor, string) {
	t.Helper()
	a := newActor(t, name, "")
	for _, order := range orders {
		a.tell("%s", order)
	}
	return a, fmt.Sprintf("%s (PID %d, root)", name, a.pid)
}

// holds returns a make that has one process obey orders.
func holds(name string, orders ...string) func(*testing.T) []any {
	return func(t *testing.T) []any {
		_, who := holder(t, name, orders...)
		return []any{who}
	}
}

// both returns a make of two processes.
func both(first, second func(*testing.T) []any) func(*testing.T) []any {
	return func(t *testing.T) []any { return append(first(t), second(t)...) }
}

// situations is the table by which the port answer is judged.
var situations = []situation{
	{name: "free", port: "8101/tcp", situation: "free",
		predicted: `8101/tcp ` + seemsFree, canPredicted: "yes", tried: `8101/tcp ` + isFree, canTried: "yes"},
	{name: "free of UDP", port: "8101/udp", situation: "free",
		predicted: `8101/udp ` + seemsFree, canPredicted: "yes", tried: `8101/udp ` + isFree, canTried: "yes"},
	{name: "TCP held, asked for TCP", port: "8102/tcp", situation: "held", make: holds("web", "socket tcp 0.0.0.0:8102 backlog=5"),
		predicted: `8102/tcp is held by %s on all IPv4 addresses, no clients`, canPredicted: "partly", canTried: "partly"},
	{name: "TCP held, asked for UDP", port: "8102/udp", situation: "free", make: holds("web", "socket tcp 0.0.0.0:8102 backlog=5"),
		predicted: `8102/udp ` + seemsFree, canPredicted: "yes", tried: `8102/udp ` + isFree, canTried: "yes"},
	{name: "UDP held, asked for TCP", port: "8102/tcp", situation: "free", make: holds("dns", "socket udp 0.0.0.0:8102"),
		predicted: `8102/tcp ` + seemsFree, canPredicted: "yes", tried: `8102/tcp ` + isFree, canTried: "yes"},
	{name: "UDP held, asked for UDP", port: "8102/udp", situation: "held", make: holds("dns", "socket udp 0.0.0.0:8102"),
		predicted: `8102/udp is held by %s on all IPv4 addresses`, canPredicted: "partly", canTried: "partly"},
	{name: "v4 and v6 by two processes", port: "5432/tcp", situation: "several",
		make:      both(holds("postgres", "socket tcp 0.0.0.0:5432 backlog=5"), holds("docker-proxy", "socket tcp [::]:5432 v6only backlog=5")),
		predicted: `5432/tcp: two listeners, v4 by %s, v6 by %s, no clients`, canPredicted: "no", canTried: "no"},
	{name: "two addresses by two processes", port: "8103/tcp", situation: "several",
		make:      both(holds("one", "socket tcp 127.0.0.1:8103 backlog=5"), holds("two", "socket tcp 127.0.0.2:8103 backlog=5")),
		predicted: `8103/tcp: two listeners, loopback only by %s, loopback only by %s, no clients`, canPredicted: "partly", canTried: "partly"},
	{name: "dual-stack", port: "8104/tcp", situation: "held", make: holds("web", "socket tcp [::]:8104 backlog=5"),
		predicted: `8104/tcp is held by %s on all addresses, no clients`, canPredicted: "no", canTried: "no"},
	{name: "loopback only", port: "8104/tcp", situation: "held", make: holds("web", "socket tcp 127.0.0.1:8104 backlog=5"),
		predicted: `8104/tcp is held by %s on loopback only, no clients`, canPredicted: "partly", canTried: "partly"},
	{name: "SO_REUSEPORT twins", port: "8105/tcp", situation: "shared",
		make:      both(holds("worker-a", "socket tcp 0.0.0.0:8105 reuseport backlog=5"), holds("worker-b", "socket tcp 0.0.0.0:8105 reuseport backlog=5")),
		predicted: `8105/tcp is shared by two listeners on all IPv4 addresses: %s and %s, no clients`, canPredicted: "partly", canTried: "partly"},
	{name: "bound, not listening", port: "8106/tcp", situation: "bound", make: holds("idle", "socket tcp 0.0.0.0:8106"),
		predicted:    `8106/tcp is bound by %s on all IPv4 addresses, but nobody listens there: clients are refused`,
		canPredicted: "partly", canTried: "partly"},
	{name: "bound with SO_REUSEADDR", port: "8106/tcp", situation: "bound", make: holds("idle", "socket tcp [::]:8106 reuseaddr"),
		predicted:    `8106/tcp is bound by %s on all addresses, but nobody listens there: clients are refused`,
		canPredicted: "partly", canTried: "partly"},
	{name: "TIME_WAIT after close", port: "8107/tcp", situation: "time_wait", make: rest,
		predicted: `No process holds 8107/tcp, but 1 connection that is over rests in TIME_WAIT for \d+ s more: until then it can be ` +
			`bound only with SO_REUSEADDR`, canPredicted: "partly", canTried: "partly"},
	{name: "privileged, as a user", port: "81/tcp", user: true, situation: "free",
		predicted:    `81/tcp is free, but not for this program: ports below 1024 need root or CAP_NET_BIND_SERVICE, which this program does not have`,
		canPredicted: "no",
		tried:        `81/tcp is free, but I could not bind it: EACCES, as ports below 1024 need root or CAP_NET_BIND_SERVICE`, canTried: "no",
		remark: "which this program does not have"},
	{name: "privileged, as root", port: "81/tcp", situation: "free", remark: "this program has it, others may not",
		predicted: `81/tcp ` + seemsFree, canPredicted: "yes", tried: `81/tcp ` + isFree, canTried: "yes"},
	{name: "reserved", port: "8109/tcp", situation: "free", make: reserve("8109,40009"), remark: "is reserved (net.ipv4.ip_local_reserved_ports)",
		predicted: `8109/tcp ` + seemsFree + `; it is reserved, so only a program that asks for it gets it`, canPredicted: "yes",
		tried: `8109/tcp ` + isFree + `; it is reserved, so only a program that asks for it gets it`, canTried: "yes"},
	// An odd port: Linux gives outgoing connections the even ones first.
	{name: "in the ephemeral range", port: "40013/tcp", situation: "free", remark: "lies in the ephemeral range (32768 to 60999)",
		predicted: `40013/tcp ` + seemsFree + `; an outgoing connection may take it at any moment`, canPredicted: "yes",
		tried: `40013/tcp ` + isFree + `; an outgoing connection may take it at any moment`, canTried: "yes"},
	{name: "taken by an outgoing connection", port: "40011/tcp", situation: "outgoing", make: depart,
		remark: "lies in the ephemeral range",
		predicted: `40011/tcp is taken by an outgoing connection of %s to 127.0.0.1:8111; it is one of the ports that the system ` +
			`hands out by itself \(32768 to 60999\)`, canPredicted: "partly", canTried: "partly"},
	{name: "a full backlog", port: "8112/tcp", situation: "held", make: fullBacklog,
		predicted: `8112/tcp is held by %s on loopback only, 2 clients; its backlog is full \(2 of 1 wait to be accepted\): new clients ` +
			`wait and then give up`, canPredicted: "partly", canTried: "partly"},
	{name: "the listener is gone, its connection is not", port: "8113/tcp", situation: "left", make: leave,
		predicted: `Nobody listens on 8113/tcp, but 1 connection of %s that came in before is still there`, canPredicted: "partly", canTried: "partly"},
}

// rest leaves a connection in TIME_WAIT at port 8107.
func rest(t *testing.T) []any {
	server, _ := holder(t, "server", "listen 127.0.0.1:8107")
	client, _ := holder(t, "client", "dial 127.0.0.1:0 127.0.0.1:8107")
	server.tell("accept")
	server.tell("close")
	client.tell("close")
	server.tell("unlisten")
	return nil
}

// depart has a connection go out from port 40011.
func depart(t *testing.T) []any {
	server, _ := holder(t, "server", "listen 127.0.0.1:8111")
	_, who := holder(t, "curl", "dial 127.0.0.1:40011 127.0.0.1:8111")
	server.tell("accept")
	return []any{who}
}

// fullBacklog fills the backlog of a listener at port 8112.
func fullBacklog(t *testing.T) []any {
	_, who := holder(t, "slow", "socket tcp 127.0.0.1:8112 backlog=1")
	holder(t, "client", "dial 127.0.0.1:0 127.0.0.1:8112", "dial 127.0.0.1:0 127.0.0.1:8112")
	return []any{who}
}

// leave has a connection outlive its listener at port 8113.
func leave(t *testing.T) []any {
	server, who := holder(t, "server", "listen 127.0.0.1:8113")
	holder(t, "client", "dial 127.0.0.1:0 127.0.0.1:8113")
	server.tell("accept")
	server.tell("unlisten")
	return []any{who}
}

// reserve sets the reserved ports of the namespace for the time of the test.
func reserve(list string) func(*testing.T) []any {
	return func(t *testing.T) []any {
		const file = "/proc/sys/net/ipv4/ip_local_reserved_ports"
		if err := os.WriteFile(file, []byte(list), 0o644); err != nil {
			t.Skipf("reserved ports cannot be set: %v", err)
		}
		t.Cleanup(func() {
			if err := os.WriteFile(file, []byte("\n"), 0o644); err != nil {
				t.Error(err)
			}
		})
		return nil
	}
}

// TestPortSituations brings about every situation with real sockets of real processes, and expects the right sentence
// and the right answer to whether the port can be bound: predicted, and tried. What was predicted for sure must be what
// the trial gives.
func TestPortSituations(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	if os.Getenv(situationsVariable) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPortSituations$", "-test.v")
		cmd.Env = append(os.Environ(), situationsVariable+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !strings.Contains(string(out), "--- PASS: TestPortSituations") {
			t.Errorf("the situations were not tried:\n%s", out)
		}
		return
	}
	command(t, "ip", "link", "set", "lo", "up")
	root, user := start(t), startAsUser(t)
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			p := root
			if s.user {
				p = user
			}
			s.judge(t, p)
		})
	}
}

// startAsUser starts sockeye for a user without rights.
func startAsUser(t *testing.T) *program {
	t.Helper()
	if err := os.Chmod(filepath.Dir(sockeyeBinary), 0o755); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(sockeyeBinary, "--listen", "localhost:"+strconv.Itoa(port), "--interval", "250ms")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return startCommand(t, port, cmd)
}

// judge brings the situation about and asks for it.
func (s situation) judge(t *testing.T, p *program) {
	var processes []any
	if s.make != nil {
		processes = s.make(t)
	}
	p.awaitPoll(t)
	predicted, tried := askPort(t, p, "/ports/"+s.port+".json"), askPort(t, p, "/ports/"+s.port+".json?try=1")
	if s.tried == "" {
		s.tried = s.predicted
	}
	for _, got := range []struct {
		answer                portAnswer
		by, sentence, canBind string
	}{{predicted, "prediction", s.predicted, s.canPredicted}, {tried, "trial", s.tried, s.canTried}} {
		one := got.answer.Protocols[0]
		if one.Situation != s.situation || one.CanBind != got.canBind || one.CanBindBy != got.by {
			t.Errorf("%s: situation %q, can bind %q by %s, want %q, %q\n%+v", got.by, one.Situation, one.CanBind, one.CanBindBy, s.situation, got.canBind, one)
		}
		quoted := make([]any, len(processes))
		for i, who := range processes {
			quoted[i] = regexp.QuoteMeta(who.(string))
		}
		pattern := "^" + got.sentence + `\.$`
		if len(quoted) > 0 && strings.Contains(pattern, "%s") {
			pattern = fmt.Sprintf(pattern, quoted...)
		}
		if !regexp.MustCompile(pattern).MatchString(one.Sentence) || one.Sentence != got.answer.Sentence {
			t.Errorf("%s: got  %s\nwant %s", got.by, one.Sentence, pattern)
		}
		if remarks := strings.Join(one.Remarks, " "); (s.remark == "") != (remarks == "") || !strings.Contains(remarks, s.remark) {
			t.Errorf("remarks %q, want %q in them", remarks, s.remark)
		}
	}
	checkWays(t, predicted.Protocols[0].Ways, tried.Protocols[0].Ways)
	for _, o := range tried.Others {
		if known := o.SecondsLeft != nil; known != (o.Holds == "time_wait") || known && (*o.SecondsLeft <= 0 || *o.SecondsLeft > 60) {
			t.Errorf("what holds it: %+v", o)
		}
	}
}

// checkWays: what was predicted for sure is what came of trying.
func checkWays(t *testing.T, predicted, tried []portWay) {
	t.Helper()
	if len(predicted) != len(tried) || len(predicted) == 0 {
		t.Fatalf("%d ways predicted, %d tried", len(predicted), len(tried))
	}
	for i, p := range predicted {
		got := tried[i]
		if got.Address != p.Address || got.WithIPv4 != p.WithIPv4 || got.ReuseAddr != p.ReuseAddr {
			t.Fatalf("way %d is %+v and %+v", i, p, got)
		}
		if p.CanBind != "perhaps" && got.CanBind != "perhaps" && got.CanBind != p.CanBind {
			t.Errorf("predicted %+v, tried %+v: %s", p, got, text(got.Reason))
		}
		if p.Errno != nil && got.Errno != nil && *p.Errno != *got.Errno {
			t.Errorf("predicted %s, tried %s", *p.Errno, *got.Errno)
		}
	}
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// awaitPoll returns when a poll has begun after now.
func (p *program) awaitPoll(t *testing.T) {
	t.Helper()
	polls := func() (h struct{ Polls uint64 }) {
		_, body := p.get("/healthz")
		if err := json.Unmarshal([]byte(body), &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	for before := polls().Polls; polls().Polls < before+2; {
		p.get("/ports.json")
	}
}
