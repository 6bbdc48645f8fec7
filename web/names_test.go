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

	"sockeye/query"
)

// remoteName returns the cell remote_name of a row of the client, "" where it is left out.
func (c *client) remoteName(t fataler, id string) string {
	t.Helper()
	var cells []any
	if err := json.Unmarshal([]byte(c.rows[id]), &cells); err != nil {
		t.Fatal(err)
	}
	if at := len(liveFields()); len(cells) > at {
		return cells[at].(string)
	}
	return ""
}

// named is the office with names of two of its visitors.
func named() *machine {
	m := office()
	m.hosts = map[string]string{"198.51.100.9": "visitor.example.", "203.0.113.5": "=cmd|' /C calc'!A0"}
	return m
}

// TestNamesComeLater: a row is sent at once and its name with a frame of its own, which continues the one before and
// stays at its poll; what no window shows is not asked for.
func TestNamesComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := named()
		s := newTestSite(t, m, 10*time.Second)
		poll(t, s)
		poll(t, s) // until the rates are known
		q, _, err := query.FromURL("names=1&state=ESTABLISHED&sort=remote")
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, s, q, span{limit: 1})
		if name := w.client.remoteName(t, "2"); name != "" {
			t.Errorf("at once the name is %q", name)
		}
		time.Sleep(time.Second) // and no poll
		f := w.next(t)
		if name := w.client.remoteName(t, "2"); name != "visitor.example" || f.Type != "delta" || *f.From != f.Seq || len(f.Put) != 1 || f.Order != nil {
			t.Errorf("name %q by %+v", name, f)
		}
		if !slices.Equal(m.asked, []string{"198.51.100.9"}) {
			t.Errorf("asked for %v", m.asked)
		}
		other := newWatcher(t, s, q, span{limit: 60}) // of a second viewer one is known already
		if name := other.client.remoteName(t, "2"); name != "visitor.example" {
			t.Errorf("the second viewer sees %q", name)
		}
		time.Sleep(time.Second)
		other.next(t)
		if name := other.client.remoteName(t, "4"); name != "=cmd|' /C calc'!A0" || len(m.asked) != 2 {
			t.Errorf("name %q, asked for %v", name, m.asked)
		}
		poll(t, s)
		if f := other.next(t); f.Put != nil || *f.From == f.Seq {
			t.Errorf("nothing changed, and %d rows were put", len(f.Put))
		}
	})
}

// TestNoNamesUnasked: without names=1 nothing is asked for, whatever is looked at and read.
//
//attack:r9
func TestNoNamesUnasked(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		sit(t, s, "group=remote&open=198.51.100.9")
		sit(t, s, "pair=1")
		for _, path := range []string{"/", "/connections.json", "/connections.csv", "/connections.ndjson", "/connections/2.json"} {
			ask(t, s, path, "")
		}
		ask(t, s, "/", "group=remote&names=0")
		poll(t, s)
		if len(m.asked) != 0 {
			t.Errorf("asked for %v", m.asked)
		}
	})
}

// TestGroupNames: a group of one address has its name.
func TestGroupNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := named()
		s := newTestSite(t, m, 10*time.Second)
		poll(t, s)
		q, _, err := query.FromURL("names=1&group=remote&open=198.51.100.9")
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, s, q, span{limit: 60})
		time.Sleep(time.Second)
		f := w.next(t)
		if row := w.client.rows["=198.51.100.9"]; !strings.Contains(row, `"198.51.100.9","visitor.example",true,2,`) || w.client.remoteName(t, "2") != "visitor.example" {
			t.Errorf("%d lines put: %s", len(f.Put), row)
		}
	})
}

// TestNamesOfData: remote_name is told where names=1 asks for it, in every format, safe in a spreadsheet, and a resolver
// that does not answer holds an answer up for two seconds at the most.
func TestNamesOfData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := named()
		s := newTestSite(t, m, time.Second)
		for path, want := range map[string][2]string{
			"/connections.json":   {`"remote_name":"visitor.example"`, `"remote_name":"=cmd|' /C calc'!A0"`},
			"/connections.ndjson": {`"remote_name":"visitor.example"`, `"remote_name":"=cmd|' /C calc'!A0"`},
			"/connections.csv":    {",visitor.example,", ",'=cmd|' /C calc'!A0,"},
		} {
			body := ask(t, s, path, "names=1").Body.String()
			if !strings.Contains(body, want[0]) || !strings.Contains(body, want[1]) {
				t.Errorf("%s: %s", path, body)
			}
			if body := ask(t, s, path, "").Body.String(); strings.Contains(body, "visitor") {
				t.Errorf("%s tells names that nobody asked for", path)
			}
		}
		silent := newSite(s.poller, quiet, silence{})
		defer silent.Close()
		start := time.Now()
		if w := ask(t, silent, "/connections.json", "names=1"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"remote_name":null`) {
			t.Errorf("without a resolver: %d", w.Code)
		}
		if took := time.Since(start); took > exportNames {
			t.Errorf("it took %v", took)
		}
	})
}

// TestNamesOnThePage: without a script there are those that are known within a moment.
func TestNamesOnThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSite(t, named(), time.Second)
		if body := ask(t, s, "/", "names=1").Body.String(); !strings.Contains(body, `data-name="visitor.example"`) {
			t.Error("no name in the page")
		}
		if body := ask(t, s, "/", "group=remote&names=1").Body.String(); !strings.Contains(body, `>visitor.example</bdi>`) {
			t.Error("no name in the group")
		}
	})
}

// silence is a resolver that never answers.
type silence struct{}

func (silence) LookupAddr(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, errors.New("no answer")
}

// TestShapedPage: the page has the lines of the view, and its parts lead to the same view.
func TestShapedPage(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		body := ask(t, s, "/", "group=process&open=nginx&limit=3").Body.String()
		for _, want := range []string{
			`data-id="=nginx"`, `data-id="1"`, `data-id="2"`, `aria-expanded="true"`, `data-lines="6"`, `data-matched="5"`,
			`in 4 groups`, `<option value="process"`, `1–3 of 6`,
			`href="/?group=process&amp;open=nginx&amp;offset=3"`, `href="/connections.csv?group=process&amp;open=nginx"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("the page has no %q", want)
			}
		}
		for _, not := range []string{`data-id="=firefox"`, `data-id="4"`} {
			if strings.Contains(body, not) {
				t.Errorf("the page has %q", not)
			}
		}
		if body := ask(t, s, "/", "group=process&open=nginx&offset=3").Body.String(); !strings.Contains(body, `data-id="=firefox"`) || strings.Contains(body, `data-id="=nginx"`) {
			t.Error("the second part of the view is another one")
		}
		if w := ask(t, s, "/", "group=proces"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "did you mean &#34;process&#34;?") {
			t.Errorf("%d", w.Code)
		}
		if w := ask(t, s, "/", "names=1&q=&group=Proc&pair=0"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/?group=process&names=1" {
			t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
		}
	})
}

// TestDataIsOfSockets: data has each socket on its own, whatever the view groups or joins.
func TestDataIsOfSockets(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		m.set(func(m *machine) {
			m.sockets[8] = tcp(8, m.sockets[2].State, "127.0.0.1:1", "127.0.0.1:2", 1)
			m.sockets[9] = tcp(9, m.sockets[2].State, "127.0.0.1:2", "127.0.0.1:1", 2)
		})
		poll(t, s)
		want, got := ask(t, s, "/connections.ndjson", "dir=loopback").Body.String(), ask(t, s, "/connections.ndjson", "dir=loopback&group=process&open=nginx&pair=1").Body.String()
		if got != want || strings.Count(got, "\n") != 2 {
			t.Errorf("grouped and joined: %s\nwant %s", got, want)
		}
	})
}
