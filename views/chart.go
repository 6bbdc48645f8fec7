package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/poller"
)

// The chart covers chartSpan, drawn with at most chartPoints points on a plane of chartWidth by chartHeight units that
// is stretched to its place.
const (
	chartSpan   = 5 * time.Minute
	chartWidth  = 600
	chartHeight = 120
	chartPoints = 100
)

// area is what one state and those below it come to in the chart, as the points of an SVG polygon.
type area struct {
	State  poller.State
	Points string
}

// steps are the tops of the scale within a power of ten, in tenths.
var steps = [...]int{10, 15, 20, 30, 40, 50, 60, 80}

// ceiling returns the top of the scale for a greatest value: the next of steps, and 10 at the least.
// static/js/chart.js uses the same.
func ceiling(n int) int {
	for power := 1; ; power *= 10 {
		for _, step := range steps {
			if n <= step*power {
				return step * power
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

// areas returns the areas of the history to be painted in this order: the sum of all states first, and over it ever
// fewer, each area down to the ground. States without a single socket are left out; the newest sample is at the right
// edge.
func areas(history []poller.Sample) []area {
	if len(history) < 2 {
		return nil
	}
	top := float64(ceiling(greatest(history)))
	history = thin(recent(history))
	end := history[len(history)-1].At
	sums := make([]int, len(history))
	var all []area
	for _, s := range poller.States() {
		seen := false
		for i := range history {
			n := history[i].Counts[s]
			sums[i] += n
			seen = seen || n > 0
		}
		if seen {
			all = append(all, area{State: s, Points: outline(history, sums, end, top)})
		}
	}
	slices.Reverse(all)
	return all
}

// recent returns the samples of the last chartSpan and one before them, so that the curve reaches the left edge.
func recent(history []poller.Sample) []poller.Sample {
	end := history[len(history)-1].At
	for len(history) > 2 && end.Sub(history[1].At) > chartSpan {
		history = history[1:]
	}
	return history
}

// thin leaves at most chartPoints samples, the newest among them and every gap: an image for the first look needs no
// more.
func thin(history []poller.Sample) []poller.Sample {
	step := (len(history) + chartPoints - 1) / chartPoints
	if step < 2 {
		return history
	}
	few := []poller.Sample{history[0]}
	next := (len(history)-2)%step + 1
	gap := false
	for i := 1; i < len(history); i++ {
		gap = gap || history[i].Gap
		if i == next {
			sample := history[i]
			sample.Gap = gap
			few, gap, next = append(few, sample), false, next+step
		}
	}
	return few
}

// outline returns the polygon under a curve of sums, which lies on the ground in a gap.
func outline(history []poller.Sample, sums []int, end time.Time, top float64) string {
	var b strings.Builder
	x, last := 0, 0
	for i := range history {
		before := float64(end.Sub(history[i].At)) / float64(chartSpan)
		x = int(max(0, chartWidth*(1-before)))
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%d,%d", x, chartHeight)
		case history[i].Gap: // down to the ground and along it
			fmt.Fprintf(&b, " %d,%d %d,%d", last, chartHeight, x, chartHeight)
		}
		last = x
		fmt.Fprintf(&b, " %d,%.0f", x, chartHeight*(1-float64(sums[i])/top))
	}
	fmt.Fprintf(&b, " %d,%d", x, chartHeight)
	return b.String()
}
