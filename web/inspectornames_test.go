package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestInspectorNames: the name of the remote address is told beside it where it is asked for, on the page, in the panel
// and as data; where it is not, nobody is asked and the page has the way to ask.
func TestInspectorNames(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		m.hosts = map[string]string{"198.51.100.9": "visitor.example."}
		page := ask(t, s, "/connections/2", "").Body.String()
		if !strings.Contains(page, `href="/connections/2?names=1" data-ask`) || strings.Contains(page, "Remote name") {
			t.Error("the page of a connection does not offer to ask, or has asked")
		}
		if ask(t, s, "/connections/2.json", ""); len(m.asked) != 0 {
			t.Fatalf("asked for %v", m.asked)
		}
		for _, with := range []string{"names=1", "names=1&panel=1"} {
			page := ask(t, s, "/connections/2", with).Body.String()
			if !strings.Contains(page, "visitor.example") || !strings.Contains(page, "198.51.100.9") || strings.Contains(page, "data-ask") {
				t.Errorf("%s: no name beside the address, or it can be asked for again", with)
			}
		}
		var data struct {
			Name    string `json:"remote_name"`
			Address string `json:"remote_address"`
		}
		if err := json.Unmarshal(ask(t, s, "/connections/2.json", "names=1").Body.Bytes(), &data); err != nil ||
			data.Name != "visitor.example" || data.Address != "198.51.100.9" {
			t.Errorf("%+v, %v", data, err)
		}
		if !slices.Equal(m.asked, []string{"198.51.100.9"}) {
			t.Errorf("asked for %v", m.asked)
		}
	})
}

// TestInspectorWithoutName: an address without a name says so, a listener has no address to ask for, and an id that is
// none is what it is without names.
func TestInspectorWithoutName(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		if page := ask(t, s, "/connections/2", "names=1").Body.String(); !strings.Contains(page, "the name servers of this machine know none") {
			t.Error("no word of why there is no name")
		}
		if page := ask(t, s, "/connections/1", "names=1").Body.String(); strings.Contains(page, "Remote name") || strings.Contains(page, "data-ask") {
			t.Error("a listener has a remote name")
		}
		if w := ask(t, s, "/connections/fff", "names=1"); w.Code != http.StatusNotFound || len(m.asked) != 1 {
			t.Errorf("%d, asked for %v", w.Code, m.asked)
		}
	})
}
