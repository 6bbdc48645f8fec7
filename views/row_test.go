package views

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/query"
)

// texts returns the texts of the first row of a page, by column.
func texts(t *testing.T, d Dashboard) map[string]string {
	t.Helper()
	body := byID(t, parse(t, DashboardPage(d)), "rows")
	all := make(map[string]string)
	for name, td := range cells(body.FirstChild) {
		all[name] = content(td)
	}
	return all
}

func TestRowKnown(t *testing.T) {
	want := map[string]string{
		"mark": "", "proto": "tcp", "state": "ESTABLISHED", "local": "10.0.0.5:443", "remote": "203.0.113.9:51844",
		"proc": "nginx", "pid": "812", "user": "www-data", "age": "4m 12s", "rx": "12.3 kB", "tx": "6.00 MB",
		"rxrate": "1.54 kB/s", "txrate": "0 B/s", "rq": "1,204", "sq": "0",
	}
	if diff := cmp.Diff(want, texts(t, dashboard(t, "", connection()))); diff != "" {
		t.Error(diff)
	}
}

// TestRowUnknown: what is not known is a dash with its reason, never a zero.
func TestRowUnknown(t *testing.T) {
	d := dashboard(t, "", listener())
	want := map[string]string{
		"mark": "", "proto": "tcp", "state": "LISTEN", "local": "[::]:22", "remote": "*", "proc": Dash, "pid": Dash,
		"user": Dash, "age": "≥ 3m 00s", "rx": Dash, "tx": Dash, "rxrate": Dash, "txrate": Dash, "rq": Dash, "sq": Dash,
	}
	if diff := cmp.Diff(want, texts(t, d)); diff != "" {
		t.Error(diff)
	}
	for name, td := range cells(byID(t, parse(t, DashboardPage(d)), "rows").FirstChild) {
		if name == "pid" {
			td = td.FirstChild // what is said of it is said of its link
		}
		if content(td) == Dash && (attr(td, "title") == "" || !strings.Contains(attr(td, "class"), "unknown")) {
			t.Errorf("%s: unknown without a reason or a class", name)
		}
		if name == "proc" && !strings.Contains(attr(td, "title"), "CAP_SYS_PTRACE") {
			t.Errorf("the process is missing because %q", attr(td, "title"))
		}
	}
}

// TestRowLeadsToProcess: by its identity where it is known, and nowhere where it is not.
func TestRowLeadsToProcess(t *testing.T) {
	for want, d := range map[string]Dashboard{"/processes/812?start=7": dashboard(t, "", connection()), "": dashboard(t, "", listener())} {
		link := cells(byID(t, parse(t, DashboardPage(d)), "rows").FirstChild)["pid"].FirstChild
		if link.Data != "a" || attr(link, "href") != want {
			t.Errorf("%s with %v, want %q", link.Data, link.Attr, want)
		}
	}
}

func TestRowAttributes(t *testing.T) {
	body := byID(t, parse(t, DashboardPage(dashboard(t, "", connection()))), "rows")
	row := body.FirstChild
	if attr(row, "data-id") != "beef" || attr(row, "role") != "row" || attr(row, "aria-rowindex") != "2" {
		t.Errorf("row has %v", row.Attr)
	}
	c := cells(row)
	for _, want := range []struct{ col, name, value string }{
		{"proto", "data-family", "ipv4"},
		{"local", "data-service", "https"},
		{"local", "title", "10.0.0.5:443 (https)"},
		{"remote", "data-dir", "inbound"},
		{"remote", "title", "203.0.113.9:51844"},
		{"rq", "class", "num"},
		{"sq", "class", "num zero"},
		{"proc", "title", "nginx"},
	} {
		if got := attr(c[want.col], want.name); got != want.value {
			t.Errorf("%s: %s = %q, want %q", want.col, want.name, got, want.value)
		}
	}
}

// TestRowRememberedOwner: an owner that is only remembered says so.
func TestRowRememberedOwner(t *testing.T) {
	c := connection()
	c.OwnerNote = poller.OwnerNone
	process, pid := ownerOf(&c)
	if process.Text != "nginx" || pid.Text != "812" || process.Title != "nginx (no process holds this socket any more)" {
		t.Errorf("got %+v, %+v", process, pid)
	}
}

// TestRowHostile: a name is text in every place it is shown, and nothing but text.
//
//attack:j1
func TestRowHostile(t *testing.T) {
	for _, name := range hostile {
		c := connection()
		c.Owner = &poller.Process{PID: 1, Name: name}
		c.User = name
		d := dashboard(t, "", c)
		d.Host = name
		doc := parse(t, DashboardPage(d))
		row := cells(byID(t, doc, "rows").FirstChild)
		shown := strings.Join(strings.Fields(Visible(name)), " ")
		if got := content(row["proc"]); got != shown {
			t.Errorf("process %q is shown as %q, want %q", name, got, shown)
		}
		if got := content(row["user"]); got != shown {
			t.Errorf("user %q is shown as %q, want %q", name, got, shown)
		}
		if row["proc"].FirstChild.Data != "bdi" {
			t.Errorf("process %q stands outside of bdi", name)
		}
		inert(t, doc)
		p := answer(occupancy.Held, func(p *PortAnswer, a *occupancy.Answer) { p.Page, p.Text, a.Listeners = d.Page, name, d.Rows })
		inert(t, parse(t, PortPage(p)))
		p.Problem = name
		inert(t, parse(t, PortPage(p)))
		inert(t, parse(t, FailurePage(Failure{Page: d.Page, Status: 400, Title: name, Advice: name})))
	}
}

func TestRowGolden(t *testing.T) {
	c := connection()
	golden(t, "row.golden", render(t, row(lineOf(&c, noon, serviceName), shownColumns(query.Query{}), "2")))
}
