package views

import (
	"fmt"
	"strings"
	"time"

	"sockeye/poller"
)

// The chart covers chartSpan, drawn on a plane of chartWidth by chartHeight units that is stretched to its place.
const (
	chartSpan   = 5 * time.Minute
	chartWidth  = 600
	chartHeight = 100
)

// area is one state's share of the stacked chart, as the points of an SVG polygon.
type area struct {
	State  poller.State
	Points string
}

// ceiling returns the top of the scale for a greatest value: 1, 2 or 5 times a power of ten, and 10 at the least.
// static/js/chart.js uses the same.
func ceiling(n int) int {
	for top := 10; ; top *= 10 {
		for _, m := range [...]int{1, 2, 5} {
			if n <= top*m {
				return top * m
			}
		}
	}
}

// greatest returns the greatest total in the history.
func greatest(history []poller.Sample) int {
	n := 0
	for i := range history {
		n = max(n, history[i].Counts.Total())
	}
	return n
}

// areas returns the stacked areas of the history in the order of the states, from the bottom; states without a
// single socket are left out. The newest sample is at the right edge.
func areas(history []poller.Sample) []area {
	if len(history) < 2 {
		return nil
	}
	end := history[len(history)-1].At
	for len(history) > 2 && end.Sub(history[1].At) > chartSpan {
		history = history[1:]
	}
	top := float64(ceiling(greatest(history)))
	floor := make([]int, len(history))
	var all []area
	for _, s := range poller.States() {
		if points := stack(history, s, floor, end, top); points != "" {
			all = append(all, area{State: s, Points: points})
		}
	}
	return all
}

// stack lays one state on the floor that the states below it made, and raises the floor. It returns "" where the
// state has no sockets in the whole history.
func stack(history []poller.Sample, s poller.State, floor []int, end time.Time, top float64) string {
	var upper, lower []string
	seen := false
	for i := range history {
		x := max(0, chartWidth*(1-float64(end.Sub(history[i].At))/float64(chartSpan)))
		lower = append(lower, point(x, floor[i], top))
		floor[i] += history[i].Counts[s]
		upper = append(upper, point(x, floor[i], top))
		seen = seen || history[i].Counts[s] > 0
	}
	if !seen {
		return ""
	}
	for i := len(lower) - 1; i >= 0; i-- {
		upper = append(upper, lower[i])
	}
	return strings.Join(upper, " ")
}

// point returns a corner of a polygon; y counts from the top.
func point(x float64, n int, top float64) string {
	return fmt.Sprintf("%.4g,%.4g", x, chartHeight*(1-float64(n)/top))
}
