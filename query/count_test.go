package query

import (
	"net/url"
	"slices"
	"testing"

	"sockeye/poller"
)

// TestSortByCount: count stands in the order of a view with groups and of no other, under either name, and is no column.
func TestSortByCount(t *testing.T) {
	for raw, want := range map[string]string{
		"group=process&sort=-count":               "sort=-count&group=process",
		"sort=connections,rx&group=user":          "sort=count,rx&group=user",
		"sort=-count":                             "",
		"sort=count,-rx":                          "sort=-rx",
		"sort=-count&group=":                      "",
		"port=443&sort=rx,count&pair=1":           "port=443&sort=rx&pair=1",
		"sort=-count,count&group=state&open=LIST": "sort=-count&group=state&open=LIST",
	} {
		if got := fromURL(t, raw).Encode(); got != want {
			t.Errorf("%s is %s, want %s", raw, got, want)
		}
	}
	if _, _, err := FromURL("cols=count"); err == nil {
		t.Error("count is a column to be shown")
	}
	if slices.ContainsFunc(Columns(), func(c Column) bool { return c.Name == CountColumn }) {
		t.Error("count is among the columns of a connection")
	}
}

// TestClickCount: a click on the head of the number begins with the most, turns round, and ends.
func TestClickCount(t *testing.T) {
	q := fromURL(t, "group=process&sort=-rx")
	for _, want := range []string{"sort=-count&group=process", "sort=count&group=process", "group=process", "sort=-count&group=process"} {
		if q = q.SortBy(CountColumn); q.Encode() != want {
			t.Errorf("%s, want %s", q.Encode(), want)
		}
	}
	if got := fromURL(t, "group=process&sort=-rx").ThenBy(CountColumn).Encode(); got != "sort=-rx,-count&group=process" {
		t.Errorf("with Shift: %s", got)
	}
}

// TestCountOfRows: connections within groups that are sorted by their number alone stand in the default order.
func TestCountOfRows(t *testing.T) {
	a := &poller.Connection{Socket: poller.Socket{ID: 9, Local: addrPort("10.0.0.1:1")}, Owner: &poller.Process{Name: "a"}}
	b := &poller.Connection{Socket: poller.Socket{ID: 1, Local: addrPort("10.0.0.1:2")}, Owner: &poller.Process{Name: "b"}}
	for raw, want := range map[string]int{"group=state&sort=count": -1, "group=state": -1, "group=state&sort=count,-local": 1} {
		if got := fromURL(t, raw).Compare(a, b); got != want {
			t.Errorf("%s: %d, want %d", raw, got, want)
		}
	}
}

// FuzzCountRoundTrip: a view with count in its order is spelled in one way only.
func FuzzCountRoundTrip(f *testing.F) {
	f.Add("count", "process")
	f.Add("-count,rx,connections", "")
	f.Fuzz(func(t *testing.T, order, group string) {
		q, _, err := FromURL(url.Values{"sort": {order}, "group": {group}}.Encode())
		if err != nil {
			return
		}
		again, _, err := FromURL(q.Encode())
		if err != nil || again.Encode() != q.Encode() {
			t.Errorf("%q becomes %q, %v", q.Encode(), again.Encode(), err)
		}
	})
}
