package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/query"
)

// flowNames are the names of what moves between two points of the history, in the order in which it is told.
var flowNames = []string{"received", "sent", "opened", "closed"}

// appendFlow appends what moved as numbers in the order of flowNames: bytes, bytes, sockets, sockets. What is not known
// is null.
func appendFlow(b []byte, f *poller.Flow) []byte {
	if f.Elapsed == 0 {
		return append(b, "null,null,null,null"...)
	}
	if f.Counted {
		b = append(strconv.AppendUint(b, f.BytesReceived, 10), ',')
		b = strconv.AppendUint(b, f.BytesSent, 10)
	} else {
		b = append(b, "null,null"...)
	}
	b = strconv.AppendInt(append(b, ','), int64(f.Opened), 10)
	return strconv.AppendInt(append(b, ','), int64(f.Closed), 10)
}

// flowJSON returns what moved as an array, nil where nothing is known.
func flowJSON(f *poller.Flow) []byte {
	if f.Elapsed == 0 {
		return nil
	}
	return append(appendFlow([]byte{'['}, f), ']')
}

// appendPoints appends the history as an array of points: the moment, the counts in the order of [poller.States], and
// the flow. In a gap stands a point that knows nothing.
func appendPoints(b []byte, samples []poller.Sample) []byte {
	b = append(b, '[')
	states := poller.States()
	for i := range samples {
		s := &samples[i]
		if i > 0 {
			b = append(b, ',')
		}
		if s.Gap && i > 0 {
			b = strconv.AppendInt(append(b, '['), millis(samples[i-1].At)+1, 10)
			for range len(states) + len(flowNames) {
				b = append(b, ",null"...)
			}
			b = append(b, "],"...)
		}
		b = strconv.AppendInt(append(b, '['), millis(s.At), 10)
		for _, state := range states {
			b = strconv.AppendInt(append(b, ','), int64(s.Counts[state]), 10)
		}
		b = append(appendFlow(append(b, ','), &s.Flow), ']')
	}
	return append(b, ']')
}

// period is a span of time that charts show; the zero value is the present and what led to it.
type period struct{ from, to time.Time }

// periodOf reads the parameters from and to of a page.
func periodOf(page url.Values) (period, error) {
	var p period
	if (page.Get("from") == "") != (page.Get("to") == "") {
		return p, fmt.Errorf("from and to belong together, and one of them is missing")
	}
	for _, end := range []struct {
		name string
		at   *time.Time
	}{{"from", &p.from}, {"to", &p.to}} {
		text := page.Get(end.name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			return period{}, fmt.Errorf("%s must be a moment like 2026-11-22T14:02:11Z, not %.64q", end.name, text)
		}
		*end.at = at
	}
	if !p.to.IsZero() && !p.from.Before(p.to) {
		return period{}, fmt.Errorf("from must be before to")
	}
	return p, nil
}

// of returns the samples of the period that the table has, and those right before and after it; all for the zero period.
func (p period) of(samples []poller.Sample) []poller.Sample {
	if p.to.IsZero() {
		return samples
	}
	after := func(s poller.Sample, at time.Time) int { return s.At.Compare(at) }
	first, _ := slices.BinarySearchFunc(samples, p.from, after)
	last, _ := slices.BinarySearchFunc(samples, p.to, after)
	return samples[max(0, first-1):min(len(samples), last+1)]
}

// history reads the period of a request and copies its part of what the table remembers.
func (s *Site) history(c echo.Context) (samples []poller.Sample, at time.Time, err error) {
	q, page, err := query.FromURL(c.QueryString())
	if err != nil {
		return nil, at, badRequest(err)
	}
	for name := range page {
		if name != "from" && name != "to" {
			return nil, at, badRequest(fmt.Errorf("%s is not possible here: the history is of the whole machine", name))
		}
	}
	if !q.IsZero() {
		return nil, at, badRequest(fmt.Errorf("a filter is not possible here: the history is of the whole machine"))
	}
	p, err := periodOf(page)
	if err != nil {
		return nil, at, badRequest(err)
	}
	err = s.fresh(c.Request().Context(), func(t *poller.Table) {
		samples, at = p.of(t.HistoryOver(poller.HistorySpan)), t.Status().At
	})
	return samples, at, err
}

// historyJSON handles GET /history.json: the points of the charts, as far back as they are kept.
func (s *Site) historyJSON(c echo.Context) error {
	samples, at, err := s.history(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		At     time.Time       `json:"at"`
		Host   string          `json:"host"`
		States []string        `json:"states"`
		Flows  []string        `json:"flows"`
		Points json.RawMessage `json:"points"`
	}{at.UTC(), s.host, stateNames(), flowNames, appendPoints(nil, samples)})
}

// historyCSV handles GET /history.csv. What moved is told with the seconds in which it did.
func (s *Site) historyCSV(c echo.Context) error {
	samples, _, err := s.history(c)
	if err != nil {
		return err
	}
	start(c, "text/csv; charset=utf-8; header=present", "history.csv")
	head := slices.Concat([]string{"at"}, stateNames(), []string{"seconds", "bytes_received", "bytes_sent", "opened", "closed"})
	all := appendRecord(nil, head)
	for i := range samples {
		all = appendRecord(all, sampleRecord(&samples[i]))
	}
	_, err = c.Response().Write(all)
	return err
}

// sampleRecord returns the cells of one point.
func sampleRecord(s *poller.Sample) []string {
	cells := []string{s.At.UTC().Format(time.RFC3339Nano)}
	for _, n := range counts(&s.Counts) {
		cells = append(cells, strconv.Itoa(n))
	}
	f := &s.Flow
	if f.Elapsed == 0 {
		return append(cells, "", "", "", "", "")
	}
	received, sent := "", ""
	if f.Counted {
		received, sent = strconv.FormatUint(f.BytesReceived, 10), strconv.FormatUint(f.BytesSent, 10)
	}
	return append(cells, strconv.FormatFloat(f.Elapsed.Seconds(), 'f', 3, 64), received, sent, strconv.Itoa(f.Opened), strconv.Itoa(f.Closed))
}
