package web

import (
	"encoding/json"
	"html"
	"strings"
	"testing"

	"sockeye/capability"
	"sockeye/poller"
)

// TestPlatforms: the page and its data have the whole table, and need no poll. A source of tests is none of them.
func TestPlatforms(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	page := html.UnescapeString(ask(t, s, "/platforms", "").Body.String())
	var data struct {
		Platforms []struct {
			ID   string
			Here bool
		}
		Facts []struct {
			Key    string
			Fields []string
			Cells  []struct {
				Known capability.Level
				Why   *string
			}
		}
	}
	if err := json.Unmarshal(ask(t, s, "/platforms.json", "").Body.Bytes(), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Platforms) != len(capability.Platforms()) || len(data.Facts) != len(capability.Facts()) || m.polled() != 0 {
		t.Fatalf("%d platforms, %d facts, %d polls", len(data.Platforms), len(data.Facts), m.polled())
	}
	for i, p := range capability.Platforms() {
		if data.Platforms[i].ID != p.ID() || data.Platforms[i].Here || !strings.Contains(page, p.Name) {
			t.Errorf("%+v", data.Platforms[i])
		}
	}
	for i, f := range capability.Facts() {
		if !strings.Contains(page, f.Title) {
			t.Errorf("the page does not have %q", f.Title)
		}
		for j, c := range f.Cells {
			got := data.Facts[i].Cells[j]
			if got.Known != c.Level || (got.Why == nil) != (c.Why == "") || got.Why != nil && *got.Why != c.Why {
				t.Errorf("%s: %+v, want %+v", f.Key, got, c)
			}
			if !strings.Contains(page, c.Why) {
				t.Errorf("the page does not say %q", c.Why)
			}
		}
	}
}

// TestFieldsOfFacts: the table names fields that there are, and every field that can be null is in it, but for those
// whose reason is in the socket itself.
func TestFieldsOfFacts(t *testing.T) {
	inTable := map[string]bool{}
	for _, f := range capability.Facts() {
		for _, name := range f.Fields {
			inTable[name] = true
		}
	}
	byItself := map[string]bool{"id": true, "local_service": true, "remote_service": true, "remote_name": true, "direction": true, "owner_note": true, "peer_id": true}
	for _, f := range dataFields() {
		if inTable[f.name] == byItself[f.name] {
			t.Errorf("%s: in the table %v", f.name, inTable[f.name])
		}
		delete(inTable, f.name)
	}
	if len(inTable) > 0 {
		t.Errorf("no such fields: %v", inTable)
	}
}
