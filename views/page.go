package views

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/poller"
	"sockeye/query"
)

// home returns the address of the dashboard with an encoded view.
func home(encode string) templ.SafeURL {
	if encode == "" {
		return "/"
	}
	return templ.SafeURL("/?" + encode)
}

// preset returns the address of a view that is offered, which keeps the look of this one.
func (d Dashboard) preset(encode string) templ.SafeURL {
	if look := d.Query.Plain().Encode(); look != "" {
		encode += "&" + look
	}
	return home(encode)
}

// portLink returns the address of a port's answer, and that of the form for "".
func portLink(port string) templ.SafeURL {
	if port == "" {
		return NavPorts
	}
	return templ.SafeURL(NavPorts + "/" + port)
}

// presets are views to begin with; the page offers them while there is no filter.
var presets = []struct{ Name, Encode string }{
	{"Listening", "state=LISTEN"},
	{"Established", "state=ESTABLISHED"},
	{"Inbound", "dir=inbound"},
	{"Outbound", "dir=outbound"},
	{"Without loopback", "-dir=loopback"},
	{"UDP", "proto=udp"},
	{"Half closed", "state=CLOSE_WAIT"},
	{"Busiest senders", "sort=-txrate"},
}

// theme returns a theme that the style sheet knows, "" for all else.
func theme(s string) string {
	if s == "light" || s == "dark" {
		return s
	}
	return ""
}

// clock returns the time of day with its zone, as the server has it.
func clock(t time.Time) string { return t.Format("15:04:05 MST") }

// class returns the class names of a cell.
func (c cell) class() string {
	switch {
	case c.Unknown:
		return "unknown"
	case c.Zero:
		return "zero"
	}
	return ""
}

// figureClass returns the class names of a cell with a number.
func (c cell) figureClass() string { return strings.TrimSpace("num " + c.class()) }

// title returns what stands in the browser's tab.
func (d Dashboard) title() string {
	if box := d.Query.String(); box != "" {
		return Visible(box) + " · " + Visible(d.Host) + " · sockeye"
	}
	return Visible(d.Host) + " · sockeye"
}

// shown returns the rows of the window.
func (d Dashboard) shown() []poller.Connection {
	if d.Limit > 0 && len(d.Rows) > d.Limit {
		return d.Rows[:d.Limit]
	}
	return d.Rows
}

// sort returns the order of the view as the URL has it, "" for the order without a word.
func (d Dashboard) sort() string {
	var all []string
	for _, o := range d.Query.Order() {
		name := o.Column
		if o.Desc {
			name = "-" + name
		}
		all = append(all, name)
	}
	return strings.Join(all, ",")
}

// page returns the address of the same view from another place.
func (d Dashboard) page(offset int) templ.SafeURL {
	encode := d.Query.Encode()
	if offset <= 0 {
		return home(encode)
	}
	if encode != "" {
		encode += "&"
	}
	return home(encode + "offset=" + strconv.Itoa(offset))
}

// data returns the address of the view as data.
func (d Dashboard) data(format string) templ.SafeURL {
	path := "/connections." + format
	if encode := d.Query.Encode(); encode != "" {
		path += "?" + encode
	}
	return templ.SafeURL(path)
}

// span says which rows of how many the page shows.
func (d Dashboard) span() string {
	if d.here() == 0 {
		return "No rows from " + Count(d.Offset+1) + " on"
	}
	return fmt.Sprintf("%s–%s of %s", Count(d.Offset+1), Count(d.Offset+d.here()), Count(d.lines()))
}

// pulse says how fresh the table is and where it comes from.
func (d Dashboard) pulse() string {
	if d.Status.At.IsZero() {
		return "Not polled yet"
	}
	return fmt.Sprintf("As of %s · %s", clock(d.Status.At), d.Status.Source)
}

// lead says why the table has no rows.
func (d Dashboard) lead() string {
	switch {
	case d.Status.At.IsZero():
		return "The first look at the sockets is not done yet."
	case d.Offset > 0 && d.Matched > 0:
		return fmt.Sprintf("The view has %s rows; this page begins after them.", Count(d.lines()))
	case d.Query.IsZero():
		return "This machine has no sockets that could be shown."
	}
	return "No connection matches " + Visible(d.Query.String())
}

// askPort returns the single port the view asks for, "" where there is none.
func (d Dashboard) askPort() string { return portOf(d.Query) }

// portOf returns the first single port number in a query, "" where there is none. The script does the same.
func portOf(q query.Query) string {
	for pair := range strings.SplitSeq(q.Encode(), "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != "port" && key != "lport" && key != "rport" {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}
		if _, err := strconv.ParseUint(value, 10, 16); err == nil {
			return value
		}
	}
	return ""
}
