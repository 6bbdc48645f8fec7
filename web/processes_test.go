package web

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
	"sockeye/processes"
)

// readerOf returns a process reader for these processes, with the start that the machine gives them.
func readerOf(all ...processes.Details) processReader {
	return func(_ context.Context, pid int32, start uint64) (*processes.Details, error) {
		for i := range all {
			if d := all[i]; d.PID == pid && (start == 0 || d.Start == start) {
				return &d, nil
			}
		}
		return nil, processes.ErrGone
	}
}

// nginx is the first process of the office.
func nginx() processes.Details {
	return processes.Details{
		PID: 1, Start: 1, Name: "nginx", Args: processes.Fact[[]string]{Value: []string{"nginx", "-g", "<b>"}},
		User:       processes.Fact[string]{Value: "www-data"},
		Executable: processes.Fact[string]{Note: "it is another user's process, and the right to look at it (CAP_SYS_PTRACE) is missing"},
		Read:       processes.Fact[uint64]{Note: "bytes are hidden"},
		Parents:    processes.Fact[[]processes.Parent]{Value: []processes.Parent{{PID: 77, Start: 5, Name: "init"}}},
	}
}

// TestRanking: in the order asked for, as a page and as data; what cannot be sorted by is said.
func TestRanking(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	var list struct {
		Sort      string
		Processes []struct {
			PID                             int32
			Process                         string
			Connections, Listening, Sockets int
			BytesReceived                   *uint64 `json:"bytes_received"`
			ReceiveRate                     *int64  `json:"receive_rate"`
			States                          map[string]int
		}
		Without map[string]int `json:"without_process"`
	}
	w := ask(t, s, "/processes.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	if len(list.Processes) != 3 || list.Sort != "-connections" || list.Processes[0].Process != "nginx" || list.Processes[0].Sockets != 2 ||
		list.Processes[0].States["LISTEN"] != 1 || *list.Processes[0].BytesReceived != 1500 || list.Processes[1].BytesReceived != nil || len(list.Without) != 1 {
		t.Errorf("%s", w.Body)
	}
	for sort, first := range map[string]string{"process": "firefox", "-process": "resolved", "pid": "nginx", "-listening": "nginx", "": "nginx"} {
		body := ask(t, s, "/processes", "sort="+sort).Body.String()
		rows := body[strings.Index(body, "<tbody>"):]
		if at := strings.Index(rows, "<bdi>"); !strings.HasPrefix(rows[at:], "<bdi>"+first+"</bdi>") {
			t.Errorf("by %q: %.60s", sort, rows[at:])
		}
	}
	for path, want := range map[string]string{"/processes": "can be sorted by", "/processes.json": "can be sorted by"} {
		if w := ask(t, s, path, "sort=nonsense"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
	body := ask(t, s, "/processes", "").Body.String()
	for _, want := range []string{`href="/processes/1?start=1"`, `href="/?pid=1&amp;-is=listening"`, `href="/?pid=1&amp;is=listening"`, "1 socket has no process that is known", `aria-sort="descending"`, "sort=pid"} {
		if !strings.Contains(body, want) {
			t.Errorf("nothing of %s", want)
		}
	}
	if part := ask(t, s, "/processes", "part=1&sort=nonsense"); part.Code != http.StatusOK || strings.Contains(part.Body.String(), "<html") {
		t.Errorf("the part: %d", part.Code)
	}
}

// TestProcessPage: what is known, what is not and why, and where everything leads.
func TestProcessPage(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.process = readerOf(nginx())
	for _, query := range []string{"", "start=1"} {
		w := ask(t, s, "/processes/1", query)
		body := html.UnescapeString(w.Body.String())
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<b>") {
			t.Fatalf("%d", w.Code)
		}
		for _, want := range []string{
			"nginx (PID 1, www-data) waits on 1 socket and has 1 connection with 1 address.", "nginx -g '<b>'", "CAP_SYS_PTRACE", "bytes are hidden",
			`href="/processes/77?start=5"`, `href="/ports/443/tcp"`, `href="/?pid=1&rip=198.51.100.9"`, "443/tcp https here", "inbound",
			`href="/processes/1.json?start=1"`, "--allow-actions",
		} {
			if !strings.Contains(body, want) && !(want == "--allow-actions" && !strings.Contains(body, "data-verb")) {
				t.Errorf("%q: nothing of %s", query, want)
			}
		}
	}
	var d struct {
		PID     int32
		Start   uint64
		Process struct {
			Name       string
			Executable *string
			Notes      map[string]string
		}
		Network   struct{ Connections int }
		Listeners []struct {
			ID      string
			Clients *int
		}
		Remotes []struct {
			Address string
			Ports   []string
			Inbound int
		}
	}
	w := ask(t, s, "/processes/1.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if d.PID != 1 || d.Start != 1 || d.Process.Executable != nil || d.Process.Notes["read_bytes"] != "bytes are hidden" || d.Network.Connections != 1 ||
		len(d.Listeners) != 1 || d.Listeners[0].ID != "1" || *d.Listeners[0].Clients != 1 || d.Remotes[0].Ports[0] != "local 443/tcp" {
		t.Errorf("%s", w.Body)
	}
}

// TestAnotherProcess: a PID that is used again is never described as the one that was asked for.
func TestAnotherProcess(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.process = readerOf(nginx())
	for path, want := range map[string]struct {
		query  string
		status int
		text   string
	}{
		"/processes/1":      {"start=9", 410, "another one has it by now"},
		"/processes/1.json": {"start=9", 410, "another one has it by now"},
		"/processes/8":      {"start=9", 410, "has ended"},
		"/processes/9":      {"", 404, "There is no process"},
		"/processes/9.json": {"", 404, "There is no process"},
		"/processes/01":     {"", 400, "number from 1 on"},
		"/processes/-1":     {"", 400, "number from 1 on"},
		"/processes/2":      {"start=0", 400, "clock ticks"},
		"/processes/1/end":  {"", 404, "Not Found"},
	} {
		w := ask(t, s, path, want.query)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: %d %.300s", path, w.Code, w.Body)
		}
	}
	body := ask(t, s, "/processes/1", "start=9").Body.String()
	if strings.Contains(body, "198.51.100.9") || !strings.Contains(body, `href="/processes/1?start=1"`) {
		t.Error("the page of one that has ended shows what another has, or does not lead to it")
	}
	if w := ask(t, s, "/processes/1", "start=9&part=1"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "data-over") {
		t.Errorf("the part: %d", w.Code)
	}
}

// TestHiddenProcess: what the table has is told though the system hides the rest.
func TestHiddenProcess(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	s.process = func(context.Context, int32, uint64) (*processes.Details, error) { return nil, processes.ErrHidden }
	w := ask(t, s, "/processes/1", "")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "hidden from the user") || !strings.Contains(w.Body.String(), "198.51.100.9") {
		t.Errorf("%d", w.Code)
	}
}

// TestGrowthIsSaid: descriptors and connections in CLOSE_WAIT that grow from look to look are said in a sentence, and as
// data.
func TestGrowthIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		d := nginx()
		d.DescriptorLimit.Value = 1024
		for n := range 8 {
			m.set(func(m *machine) {
				id := poller.ID(100 + n)
				m.sockets[id] = tcp(id, poller.StateCloseWait, "192.0.2.7:443", "198.51.100.9:"+string(rune('1'+n))+"000", 1)
			})
			d.Descriptors.Value = uint64(100 + 20*n)
			s.process = readerOf(d)
			time.Sleep(5 * time.Second)
			ask(t, s, "/processes/1", "")
		}
		body := ask(t, s, "/processes/1", "").Body.String()
		for _, want := range []string{"CLOSE_WAIT grew from", "open descriptors grew from 100 to 240", "at 1,024 it can open no more", `data-level="trouble"`} {
			if !strings.Contains(body, want) {
				t.Errorf("it is not said: %s", want)
			}
		}
		if data := ask(t, s, "/processes/1.json", "").Body.String(); !strings.Contains(data, `"descriptors":{"from":100,"to":240`) {
			t.Errorf("%s", data)
		}
	})
}
