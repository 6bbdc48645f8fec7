package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWindows runs the program for Windows, in the Windows that Wine is, and looks at it as people do: rows of a program
// of Windows with its PID and name, filters, exports, the answer of a port, the page in a browser as it lives, and the
// end by an interrupt.
//
// Wine looks through all processes for each socket of the machine, so that a machine with many takes seconds for a look:
// where the test may (as root), it has a network of its own, in which there are only its own sockets.
func TestWindows(t *testing.T) {
	needWine(t)
	if os.Geteuid() == 0 && os.Getenv(alone) == "" {
		inOwnNetwork(t)
		return
	}
	w := newWine(t)
	holder := w.actor()
	sockeye := w.sockeye("--allow-actions")
	_, link, _ := strings.Cut(sockeye.log(), "#k=") // the printed link: Windows does not tell whose a connection is
	if sockeye.secret, _, _ = strings.Cut(link, "\n"); sockeye.secret == "" {
		t.Fatalf("no link with a secret is printed:\n%s", sockeye.log())
	}
	if answer, body := (&program{t: t, url: sockeye.url}).get("/connections.json"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the secret: %s %.200s", answer.Status, body)
	}
	t.Run("rows", func(t *testing.T) { windowsRows(t, sockeye, holder) })
	t.Run("exports", func(t *testing.T) { windowsExports(t, sockeye, holder) })
	t.Run("port answer", func(t *testing.T) { windowsPort(t, sockeye, holder) })
	t.Run("page", func(t *testing.T) { windowsPage(t, sockeye, holder) })
	t.Run("network", func(t *testing.T) { windowsNetwork(t, sockeye) })
	t.Run("kill", func(t *testing.T) { windowsKill(t, w, sockeye) })
	t.Run("tests", func(t *testing.T) { windowsTests(t, w) })
	t.Run("version", func(t *testing.T) {
		if out := w.run(w.wine, w.dir+"/sockeye.exe", "--version"); !strings.HasPrefix(out, "sockeye ") || !strings.Contains(out, "windows/amd64") {
			t.Errorf("--version says %q", out)
		}
	})
}

// alone, in the environment, tells a test that it has a network of its own.
const alone = "SOCKEYE_E2E_ALONE"

// inOwnNetwork runs the test once more, in a network namespace that has nothing but loopback.
func inOwnNetwork(t *testing.T) {
	cmd := exec.Command("unshare", "--net", "sh", "-c", `ip link set lo up && exec "$0" "$@"`, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), alone+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("in a network of its own:\n%s", out)
	if err != nil {
		t.Error(err)
	}
}

// windowsRows: sockets of each kind that Wine tells the process of have its PID and its name.
func windowsRows(t *testing.T, sockeye *program, holder *winActor) {
	for _, tt := range []struct {
		view, state string
		port        int
	}{
		{"proto=tcp", "LISTEN", holder.Listen},
		{"proto=tcp", "ESTABLISHED", holder.Client},
		{"proto=udp&fam=ipv4", "NONE", holder.UDP},
		{"proto=udp&fam=ipv6", "NONE", holder.UDP6},
	} {
		view := fmt.Sprintf("%s&lport=%d&state=%s", tt.view, tt.port, tt.state)
		e := sockeye.connections(view + "&proc=holder.exe")
		if e.Source != "iphlpapi" || !e.Complete || len(e.Connections) != 1 {
			t.Fatalf("%s: source %q, complete %v, %d rows of holder.exe; of all %+v", view, e.Source, e.Complete, len(e.Connections), sockeye.connections(view))
		}
		if c := e.Connections[0]; c.Pid == nil || *c.Pid != holder.PID || c.State != tt.state || c.LocalPort != tt.port || c.Process == nil || *c.Process != "holder.exe" {
			t.Errorf("%s: %+v, want process %d", view, c, holder.PID)
		}
		if e := sockeye.connections(view + "&-proc=holder.exe"); e.Matched != 0 {
			t.Errorf("%s without holder.exe: %d rows", view, e.Matched)
		}
	}
	if e := sockeye.connections(fmt.Sprintf("pid=%d&proto=tcp", holder.PID)); e.Matched < 2 {
		t.Errorf("%d TCP sockets of process %d", e.Matched, holder.PID)
	}
}

// windowsExports: the three exports have the same row.
func windowsExports(t *testing.T, sockeye *program, holder *winActor) {
	view := fmt.Sprintf("lport=%d&state=LISTEN", holder.Listen)
	want := sockeye.connections(view).Connections
	if len(want) != 1 {
		t.Fatalf("%d listeners", len(want))
	}
	_, body := sockeye.get("/connections.ndjson?" + view)
	var line connection
	if err := json.Unmarshal([]byte(body), &line); err != nil || line.ID != want[0].ID || line.Pid == nil || *line.Pid != holder.PID {
		t.Errorf("NDJSON: %+v, %v", line, err)
	}
	_, body = sockeye.get("/connections.csv?" + view)
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("CSV: %d lines, %v", len(table), err)
	}
	cells := map[string]string{}
	for i, name := range table[0] {
		cells[name] = table[1][i]
	}
	if cells["id"] != want[0].ID || cells["process"] != "holder.exe" || cells["pid"] != fmt.Sprint(holder.PID) || cells["user"] == "" {
		t.Errorf("CSV: %v", cells)
	}
	for path, status := range map[string]int{"/connections/" + want[0].ID + ".json": 200, "/connections.json?port=x": 400, "/healthz": 200, "/metrics": 200} {
		if answer, body := sockeye.get(path); answer.StatusCode != status {
			t.Errorf("%s: %s %s", path, answer.Status, body)
		}
	}
}

// windowsPort: the answer names who holds a port, and says of another one that nobody does.
func windowsPort(t *testing.T, sockeye *program, holder *winActor) {
	var held, free struct{ Sentence string }
	for path, into := range map[string]any{
		fmt.Sprintf("/ports/%d.json", holder.Listen): &held, fmt.Sprintf("/ports/%d/tcp.json", freePort(t)): &free,
	} {
		answer, body := sockeye.get(path)
		if err := json.Unmarshal([]byte(body), into); answer.StatusCode != http.StatusOK || err != nil {
			t.Fatalf("%s: %s, %v", path, answer.Status, err)
		}
	}
	if want := fmt.Sprintf("%d/tcp is held by holder.exe (PID %d,", holder.Listen, holder.PID); !strings.HasPrefix(held.Sentence, want) {
		t.Errorf("the held port: %q, want %q", held.Sentence, want)
	}
	if strings.Contains(free.Sentence, "held") {
		t.Errorf("the free port: %q", free.Sentence)
	}
}

// windowsPage: the page shows the rows, follows the box, and a listener that opens comes in by itself.
func windowsPage(t *testing.T, sockeye *program, holder *winActor) {
	p := newBrowser(t).tab()
	p.expect("status of 401") // the door, which the secret in the address opens
	p.openLive(sockeye.url + "/?proc=holder.exe&state=LISTEN#k=" + sockeye.secret)
	shows := func(port int) func([]row) bool {
		return func(rows []row) bool {
			for _, r := range rows {
				if strings.HasSuffix(r.Cells["local"], fmt.Sprintf(":%d", port)) {
					return true
				}
			}
			return false
		}
	}
	p.awaitRows("the listener is shown", shows(holder.Listen))
	more := holder.another()
	p.awaitRows("a new listener comes in", shows(more))
	p.clearBox()
	p.typeFilter(fmt.Sprintf("port:%d", more))
	p.awaitRows("the filter is followed", func(rows []row) bool { return len(rows) == 1 && shows(more)(rows) })
}

// windowsNetwork: interfaces, routes and counters are told of, each part or the reason why not.
func windowsNetwork(t *testing.T, sockeye *program) {
	var n struct {
		Reasons    map[string]string
		Interfaces []struct{ Name, Kind string }
	}
	_, body := sockeye.get("/network.json")
	if err := json.Unmarshal([]byte(body), &n); err != nil || len(n.Interfaces) == 0 {
		t.Fatalf("%v: %s", err, body)
	}
	for part, why := range n.Reasons {
		t.Logf("not known under Wine: %s: %s", part, why)
	}
}

// windowsKill: a program of Windows, which the same user has started, may end another one; who came by the owner's link
// may not.
func windowsKill(t *testing.T, w *winePrefix, sockeye *program) {
	victim := w.command(w.wine, filepath.Join(w.dir, "holder.exe"))
	in, err := victim.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var held winHolding
	if err := json.NewDecoder(out).Decode(&held); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(held.PID)
	if answer, body := sockeye.get("/processes/" + pid + "/kill.json"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("by the owner's link: %s %s", answer.Status, body)
	}
	if said := w.run(w.wine, filepath.Join(w.dir, "holder.exe"), "kill", sockeye.url, pid); !strings.HasPrefix(said, "200 ") || !strings.Contains(said, `"ended":true`) {
		t.Errorf("kill: %s", said)
	}
	if err := victim.Wait(); err == nil {
		t.Error("the process ended as if nobody had ended it")
	}
}

// windowsTests runs the tests of what is written for Windows, as programs of Windows.
func windowsTests(t *testing.T, w *winePrefix) {
	for pkg, tests := range map[string]string{
		"../poller": "Iphlp|Tasks|SocketOfRow", "../winservices": ".", "../netinfo": "Windows|MIB", "../ports": "RulesOfWindows|Netsh|Bars|ParseExcluded|ParseDynamic",
		"../poller/iphlp": ".", "../owner": ".", "../actions": "Windows", "../capability": "Cells|Measures",
	} {
		name := strings.ReplaceAll(strings.TrimPrefix(pkg, "../"), "/", "-")
		t.Run(name, func(t *testing.T) {
			exe := w.build(name+".test.exe", pkg, "test", "-c")
			out, err := w.command(w.wine, exe, "-test.v", "-test.timeout=60s", "-test.run="+tests).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS") || strings.Contains(string(out), "--- SKIP") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
