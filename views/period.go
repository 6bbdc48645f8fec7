package views

import (
	"time"

	"github.com/a-h/templ"

	"sockeye/poller"
)

// periodLink leads to another span of time in the charts.
type periodLink struct {
	// Name is what the script knows it by, Sign what stands in it, Title what it does.
	Name, Sign, Title string
	Href              templ.SafeURL
}

// leastPeriod is the shortest span of time that the charts go into.
const leastPeriod = 10 * time.Second

// periodLinks returns the ways from the span of time that the charts show to others: back, forth, closer and wider.
// static/js/period.js does the same.
func (d Dashboard) periodLinks() []periodLink {
	from, to := d.period()
	span := to.Sub(from)
	more := min(2*span, poller.HistorySpan)
	less := max(span/2, leastPeriod)
	middle := from.Add(span / 2)
	return []periodLink{
		{"earlier", "‹", "Earlier", d.periodAt(from.Add(-span/2), span)},
		{"later", "›", "Later", d.periodAt(from.Add(span/2), span)},
		{"closer", "+", "A shorter time", d.periodAt(middle.Add(-less/2), less)},
		{"wider", "−", "A longer time", d.periodAt(middle.Add(-more/2), more)},
	}
}

// period returns the span of time that the charts show.
func (d Dashboard) period() (from, to time.Time) {
	if !d.To.IsZero() {
		return d.From, d.To
	}
	return d.at().Add(-chartSpan), d.at()
}

// periodAt returns the address of the same view with another span of time, moved to where there is something to see.
func (d Dashboard) periodAt(from time.Time, span time.Duration) templ.SafeURL {
	now := d.at()
	if oldest := now.Add(-poller.HistorySpan); from.Before(oldest) {
		from = oldest
	}
	if latest := now.Add(-span); from.After(latest) {
		from = latest
	}
	encode := d.Query.Encode()
	if encode != "" {
		encode += "&"
	}
	return home(encode + "from=" + instant(from) + "&to=" + instant(from.Add(span)))
}

// instant writes a time as the parameters from and to have it.
func instant(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// periodText says which span of time the charts show.
func (d Dashboard) periodText() (left, right string) {
	if d.To.IsZero() {
		return "5 min ago", "now"
	}
	return clock(d.From), clock(d.To)
}

// when says which span of time the charts show, and that the table does not follow it.
func (d Dashboard) when() string {
	if d.To.IsZero() {
		return "The last 5 minutes"
	}
	return "From " + clock(d.From) + " to " + clock(d.To) + " · the table is live"
}

// waiting says why there is no curve, "" where there is one.
func (d Dashboard) waiting() string {
	switch {
	case len(d.History) > 1:
		return ""
	case d.To.IsZero():
		return "The curve begins with the second poll."
	}
	return "Nothing is kept of this time."
}

// historyLink leads to the points of the charts as data.
func (d Dashboard) historyLink(format string) templ.SafeURL {
	path := "/history." + format
	if !d.To.IsZero() {
		path += "?from=" + instant(d.From) + "&to=" + instant(d.To)
	}
	return templ.SafeURL(path)
}
