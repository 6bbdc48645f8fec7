package web

import (
	"net/http"
	"strings"
	"testing"

	"sockeye/poller"
	"sockeye/query"
)

// TestColumnSheet: the widths of a view come as a style sheet, since pages may have no styles in their markup.
func TestColumnSheet(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	w := ask(t, s, "/columns.css", "cols=pid:90,remote")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/css; charset=utf-8" ||
		!strings.Contains(w.Body.String(), "--cols:24px 90px minmax(186px,1.5fr)") {
		t.Errorf("%d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	if w := ask(t, s, "/columns.css", "cols=}body{"); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "--cols") {
		t.Errorf("columns that do not exist: %d %s", w.Code, w.Body)
	}
	if m.polled() != 0 {
		t.Errorf("%d polls for a style sheet", m.polled())
	}
}

// TestAnchorOfAPage: a page too can begin with a row, wherever that stands now.
func TestAnchorOfAPage(t *testing.T) {
	s := newTestSite(t, ladder(40), poller.MaxInterval)
	page := ask(t, s, "/", "sort=port&above=2&anchor=c8&limit=5&offset=1").Body.String()
	if !strings.Contains(page, `data-offset="17"`) || strings.Count(page, `<tr role="row" data-id="`) != 5+1 || !strings.Contains(page, `data-id="b4"`) {
		t.Errorf("the page does not begin two rows before port 200")
	}
}

// TestLookIsNoView: viewers of the same rows share a view, however the rows look.
func TestLookIsNoView(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		sit(t, s, "state=LISTEN&cols=pid&n=1&sel=beef")
		sit(t, s, "state=LISTEN&cols=rtt,local")
		v := sit(t, s, "")
		if err := v.session.message(t.Context(), []byte(`{"t":"view","q":"state=LISTEN&n=1","offset":0,"limit":60}`)); err != nil {
			t.Fatal(err)
		}
		q, _, err := query.FromURL("state=LISTEN")
		if err != nil {
			t.Fatal(err)
		}
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		if n := len(s.hub.shelf.views); n != 1 || s.hub.shelf.views[q.Encode()] == nil {
			t.Errorf("%d views, want one", n)
		}
	})
}
