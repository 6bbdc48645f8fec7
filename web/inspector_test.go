package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/past"
	"sockeye/poller"
	"sockeye/poller/sockdiag"
	"sockeye/processes"
)

// oneConnection is /connections/{id}.json as far as it is tested.
type oneConnection struct {
	ID               string                `json:"id"`
	State            string                `json:"state"`
	Process          *string               `json:"process"`
	BytesSent        *uint64               `json:"bytes_sent"`
	Error            string                `json:"error"`
	EndedAt          *time.Time            `json:"ended_at"`
	InStateSeconds   *float64              `json:"in_state_seconds"`
	Meaning          meaningJSON           `json:"meaning"`
	States           []visitJSON           `json:"states"`
	Samples          []sampleJSON          `json:"samples"`
	Kernel           map[string]any        `json:"kernel"`
	KernelNote       *string               `json:"kernel_note"`
	KernelNotes      map[string]string     `json:"kernel_notes"`
	Owner            *processJSON          `json:"owner"`
	OwnerDetailsNote *string               `json:"owner_details_note"`
	Peer             *struct{ ID string }  `json:"peer"`
	SameProcess      []struct{ ID string } `json:"same_process"`
	SameProcessTotal int                   `json:"same_process_total"`
}

// one asks for a connection as data and returns the answer's status with it.
func one(t *testing.T, s *Site, id string) (c oneConnection, status int) {
	t.Helper()
	w := ask(t, s, "/connections/"+id+".json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
		t.Fatalf("%s: %v: %s", id, err, w.Body)
	}
	return c, w.Code
}

// TestInspectorLife: a connection is told of while it lives, with its states and bytes, and after its end until it is
// forgotten.
func TestInspectorLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		s.process = func(context.Context, int32, uint64) (*processes.Details, error) { return nil, processes.ErrGone }
		first, status := one(t, s, "2")
		if status != 200 || first.State != "ESTABLISHED" || first.EndedAt != nil || first.InStateSeconds != nil || len(first.Samples) != 1 {
			t.Errorf("%d %+v", status, first)
		}
		if first.KernelNote == nil || first.Kernel != nil || first.Owner != nil || first.OwnerDetailsNote == nil || !strings.Contains(*first.OwnerDetailsNote, "ended") {
			t.Errorf("what cannot be known: %+v", first)
		}
		m.set(func(m *machine) {
			c := m.sockets[2]
			c.State, c.BytesSent = poller.StateCloseWait, 99_000
			m.sockets[2] = c
		})
		poll(t, s)
		time.Sleep(500 * time.Millisecond)
		second, _ := one(t, s, "2")
		if second.Meaning.Level == "" || !strings.Contains(second.Meaning.Text, "nginx (PID 1)") || len(second.Samples) != 2 || *second.BytesSent != 99_000 {
			t.Errorf("after a change: %+v", second)
		}
		if n := len(second.States); n < 2 || second.States[n-2].State != "ESTABLISHED" || second.States[n-1].State != "CLOSE_WAIT" || second.States[n-1].At == nil {
			t.Errorf("its way: %+v", second.States)
		}
		m.set(func(m *machine) { delete(m.sockets, 2) })
		poll(t, s)
		gone, status := one(t, s, "2")
		if status != http.StatusGone || gone.Error == "" || gone.EndedAt == nil || *gone.BytesSent != 99_000 || gone.State != "CLOSE_WAIT" || *gone.Process != "nginx" || len(gone.Samples) != 2 {
			t.Errorf("after its end: %d %+v", status, gone)
		}
		time.Sleep(past.Defaults().Keep + time.Second)
		if again, status := one(t, s, "2"); status != http.StatusNotFound || again.Error == "" {
			t.Errorf("when it is forgotten: %d %+v", status, again)
		}
	})
}

// TestInspectorFormats: the same as a page, as the script's panel and as data; the panel is never an error.
func TestInspectorFormats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		one(t, s, "4")
		m.set(func(m *machine) { delete(m.sockets, 4) })
		poll(t, s)
		for _, test := range []struct {
			path, query string
			status      int
			has, hasNot string
		}{
			{"/connections/2", "", 200, "<header class=\"bar\"", "data-over"},
			{"/connections/2", "panel=1", 200, "nginx", "<header class=\"bar\""},
			{"/connections/4", "", 410, "This connection is over", "In this state"},
			{"/connections/4", "panel=1", 200, "data-over", "<header class=\"bar\""},
			{"/connections/ff", "", 404, "no connection with the id ff", "<article"},
			{"/connections/ff", "panel=1", 200, "no connection with the id ff", "<header class=\"bar\""},
			{"/connections/zz", "panel=1", 400, "hexadecimal", "<article"},
		} {
			w := ask(t, s, test.path, test.query)
			body := w.Body.String()
			if w.Code != test.status || !strings.Contains(body, test.has) || strings.Contains(body, test.hasNot) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%s?%s: %d %.300s", test.path, test.query, w.Code, body)
			}
		}
	})
}

// TestInspectorKernel: what the kernel tells comes in words and numbers, and what it does not with the reason.
func TestInspectorKernel(t *testing.T) {
	for _, test := range []struct {
		err  error
		note string
	}{{nil, ""}, {sockdiag.ErrGone, "just gone"}, {poller.ErrNoDetails, "netlink on Linux"}, {errors.New("no luck"), "log of the program"}} {
		s := newDetailedSite(t, office(), func(c *poller.Socket) (*sockdiag.Detail, error) {
			d := &sockdiag.Detail{Congestion: "cubic"}
			d.HasInfo, d.State, d.TCP = true, sockdiag.Established, sockdiag.TCPInfo{Len: sockdiag.LenBasic, RTT: 12_500}
			return d, test.err
		})
		c, _ := one(t, s, "2")
		if test.err != nil {
			if c.Kernel != nil || c.KernelNote == nil || !strings.Contains(*c.KernelNote, test.note) {
				t.Errorf("%v: %+v %v", test.err, c.Kernel, c.KernelNote)
			}
			continue
		}
		if c.KernelNote != nil || c.Kernel["rtt_ms"] != 12.5 || c.Kernel["congestion_control"] != "cubic" {
			t.Errorf("%+v", c.Kernel)
		}
		if v, there := c.Kernel["delivery_rate"]; v != nil || !there || c.KernelNotes["delivery_rate"] == "" {
			t.Errorf("what an old kernel does not tell: %v, %q", v, c.KernelNotes["delivery_rate"])
		}
	}
}

// newDetailedSite returns a site of the machine whose kernel tells more of a socket.
func newDetailedSite(t *testing.T, m *machine, details func(*poller.Socket) (*sockdiag.Detail, error)) *Site {
	t.Helper()
	var site *Site
	p, err := poller.New(context.Background(), poller.Options{
		Fake: &poller.Fake{Sockets: m.list, Process: m.process, Details: details}, Interval: time.Minute, Log: quiet,
		Observe: func(d *poller.Delta) { site.Observe(d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	site = New(p, quiet)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return site
}

// TestInspectorOwner: the process is asked for by PID and start, and its other connections are listed up to a limit.
func TestInspectorOwner(t *testing.T) {
	m := office()
	for id := poller.ID(100); id < 130; id++ {
		m.sockets[id] = tcp(id, poller.StateEstablished, "192.0.2.7:443", "198.51.100.9:50001", 1)
	}
	s := newTestSite(t, m, poller.MaxInterval)
	var asked []uint64
	s.process = func(_ context.Context, pid int32, start uint64) (*processes.Details, error) {
		asked = append(asked, uint64(pid), start)
		d := &processes.Details{PID: pid, Start: start, Name: "nginx"}
		d.Args = processes.Fact[[]string]{Value: []string{"nginx", "-g"}}
		d.User.Note, d.CPU = "not told", processes.Fact[time.Duration]{Value: 2500 * time.Millisecond}
		d.Parents.Value = []processes.Parent{{PID: 1, Name: "init"}}
		return d, nil
	}
	c, _ := one(t, s, "2")
	if !slices.Equal(asked, []uint64{1, 1}) || c.Owner == nil || c.OwnerDetailsNote != nil {
		t.Fatalf("asked for %v: %+v", asked, c.Owner)
	}
	if o := c.Owner; !slices.Equal(*o.CommandLine, []string{"nginx", "-g"}) || o.User != nil || o.Notes["user"] != "not told" || *o.CPUSeconds != 2.5 || o.Parents[0].Name != "init" {
		t.Errorf("%+v", o)
	}
	if c.SameProcessTotal != 31 || len(c.SameProcess) != maxSiblings {
		t.Errorf("%d of %d siblings", len(c.SameProcess), c.SameProcessTotal)
	}
	s.process = func(context.Context, int32, uint64) (*processes.Details, error) { return nil, processes.ErrHidden }
	if c, _ := one(t, s, "2"); c.OwnerDetailsNote == nil || !strings.Contains(*c.OwnerDetailsNote, "hidden") {
		t.Errorf("%+v", c.OwnerDetailsNote)
	}
	if c, _ := one(t, s, "3"); c.OwnerDetailsNote != nil || c.SameProcessTotal != 0 {
		t.Errorf("without an owner: %+v", c)
	}
}

// TestInspectorStaysUnderItsPID: a real process is never told of under a PID that another one has now.
func TestInspectorStaysUnderItsPID(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval) // its processes have the start 1, which no real one has
	if c, _ := one(t, s, "2"); c.Owner != nil || c.OwnerDetailsNote == nil {
		t.Errorf("%+v", c.Owner)
	}
}

// TestStatesRoute: the page of the states needs no poll.
func TestStatesRoute(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	if w := ask(t, s, "/states", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `id="FIN_WAIT_2"`) || m.polled() != 0 {
		t.Errorf("%d after %d polls", w.Code, m.polled())
	}
}
