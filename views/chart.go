package views

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye/poller"
)

// A chart covers chartSpan where nothing else is asked for. It is drawn with at most chartPoints points on a plane of
// chartWidth by chartHeight units that is stretched to its place.
const (
	chartSpan   = 5 * time.Minute
	chartWidth  = 600
	chartHeight = 120
	chartPoints = 60
)

// chart is one of the pictures of what was.
type chart struct {
	// Name is that of the page and the script, Label what the switch between the charts says, Title the caption, Help
	// what a reader who cannot see the picture is told.
	Name, Label, Title, Help string
	// Legend names the two halves of a chart that goes up and down from its middle.
	Legend []legend
	// Top is the highest value of the scale; the lowest is the same, downwards, or 0.
	Top    string
	Curves []curve
}

// legend is the name of what a curve shows.
type legend struct{ Flow, Word string }

// curve is the area under (or over) a line, as the points of an SVG polygon. Its colour is that of a state or a flow.
type curve struct{ State, Flow, Points string }

// steps are the tops of the scale within a power of ten, in tenths.
var steps = [...]int{10, 15, 20, 30, 40, 50, 60, 80}

// ceiling returns the top of the scale for a greatest value: the next of steps, and 10 at the least.
// static/js/points.js uses the same.
func ceiling(n int) int {
	for power := 1; ; power *= 10 {
		for _, step := range steps {
			if n <= step*power {
				return step * power
			}
		}
	}
}

// charts returns the charts of the page.
func (d Dashboard) charts() []chart {
	p := planeOf(d.History, d.From, d.To)
	return []chart{p.states(), p.bytes(), p.sockets()}
}

// plane places samples in a picture: from is its left edge, to its right one.
type plane struct {
	samples  []poller.Sample
	from, to time.Time
}

// planeOf returns the plane of a span of time, and for no span that of the newest sample and what led to it.
func planeOf(history []poller.Sample, from, to time.Time) plane {
	if to.IsZero() && len(history) > 0 {
		history = recent(history)
		to = history[len(history)-1].At
		from = to.Add(-chartSpan)
	}
	return plane{thin(history, chartPoints), from, to}
}

// recent returns the samples of the last chartSpan and one before them, so that the curve reaches the left edge.
func recent(history []poller.Sample) []poller.Sample {
	end := history[len(history)-1].At
	for len(history) > 2 && end.Sub(history[1].At) > chartSpan {
		history = history[1:]
	}
	return history
}

// thin leaves at most so many samples and one, the newest among them and every gap, and no flow is lost: an image for
// the first look needs no more.
func thin(history []poller.Sample, most int) []poller.Sample {
	step := (len(history) + most - 1) / most
	if step < 2 {
		return history
	}
	few := []poller.Sample{history[0]}
	next := (len(history)-2)%step + 1
	gap, flow := false, poller.Flow{Counted: true}
	for i := 1; i < len(history); i++ {
		sample := history[i]
		if sample.Elapsed == 0 {
			gap, flow = gap || sample.Gap, poller.Flow{Counted: true}
		} else {
			flow = flow.Plus(sample.Flow)
		}
		if i == next {
			sample.Gap, sample.Flow = gap, flow
			few, gap, flow, next = append(few, sample), false, poller.Flow{Counted: true}, next+step
		}
	}
	return few
}

// states is the chart of how many sockets were in each state: the sum of all states first, and over it ever fewer, each
// area down to the ground. States without a single socket are left out.
func (p plane) states() chart {
	c := chart{Name: "states", Label: "States", Title: "Sockets by state",
		Help: "Number of sockets in each state over time, stacked"}
	most := 0
	for i := range p.samples {
		most = max(most, p.samples[i].Counts.Total())
	}
	top := ceiling(most)
	c.Top = Count(top)
	sums := make([]float64, len(p.samples))
	for _, s := range poller.States() {
		seen := false
		for i := range p.samples {
			n := p.samples[i].Counts[s]
			sums[i] += float64(n)
			seen = seen || n > 0
		}
		if seen {
			c.Curves = append(c.Curves, curve{State: s.String(), Points: p.outline(sums, chartHeight, float64(chartHeight)/float64(top))})
		}
	}
	slices.Reverse(c.Curves)
	return c
}

// bytes is the chart of the payload a second, received upwards and sent downwards.
func (p plane) bytes() chart {
	received := p.rates(func(f *poller.Flow) (float64, bool) { return float64(f.BytesReceived), f.Counted })
	sent := p.rates(func(f *poller.Flow) (float64, bool) { return float64(f.BytesSent), f.Counted })
	top := ceiling(greatest(received, sent))
	return chart{Name: "bytes", Label: "Bytes", Title: "TCP payload a second", Top: Rate(float64(top)),
		Help:   "Bytes received and sent a second by all TCP connections over time",
		Legend: []legend{{"received", "received"}, {"sent", "sent"}},
		Curves: p.halves("received", "sent", received, sent, float64(top))}
}

// sockets is the chart of the sockets opened a second, upwards, and closed, downwards.
func (p plane) sockets() chart {
	opened := p.rates(func(f *poller.Flow) (float64, bool) { return float64(10 * f.Opened), true })
	closed := p.rates(func(f *poller.Flow) (float64, bool) { return float64(10 * f.Closed), true })
	top := ceiling(greatest(opened, closed))
	return chart{Name: "sockets", Label: "Opened", Title: "Sockets a second", Top: perSecond(float64(top) / 10),
		Help:   "Sockets opened and closed a second over time, those included that were too short to list",
		Legend: []legend{{"opened", "opened"}, {"closed", "closed"}},
		Curves: p.halves("opened", "closed", opened, closed, float64(top))}
}

// rates returns what moved a second at each sample, 0 where it is not known.
func (p plane) rates(of func(*poller.Flow) (amount float64, known bool)) []float64 {
	rates := make([]float64, len(p.samples))
	for i := range p.samples {
		f := &p.samples[i].Flow
		if amount, known := of(f); known && f.Elapsed > 0 {
			rates[i] = amount / f.Elapsed.Seconds()
		}
	}
	return rates
}

// greatest returns the greatest value of two curves as a whole number.
func greatest(up, down []float64) int {
	most := 0.0
	for i := range up {
		most = max(most, up[i], down[i])
	}
	return int(math.Ceil(min(most, 1e15)))
}

// halves returns two curves that lie on both sides of the middle.
func (p plane) halves(up, down string, ups, downs []float64, top float64) []curve {
	const middle = chartHeight / 2
	var all []curve
	if points := p.outline(ups, middle, middle/top); points != "" {
		all = append(all, curve{Flow: up, Points: points})
	}
	if points := p.outline(downs, middle, -middle/top); points != "" {
		all = append(all, curve{Flow: down, Points: points})
	}
	return all
}

// outline returns the polygon between a curve and its ground, on which it lies in a gap; "" for fewer than two samples.
// Each unit of a value is scale units high, and goes down where that is negative.
func (p plane) outline(values []float64, ground int, scale float64) string {
	if len(p.samples) < 2 {
		return ""
	}
	var b strings.Builder
	x, last := 0, 0
	for i := range p.samples {
		x = p.x(p.samples[i].At)
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%d,%d", x, ground)
		case p.samples[i].Gap: // to the ground and along it
			fmt.Fprintf(&b, " %d,%d %d,%d", last, ground, x, ground)
		}
		last = x
		fmt.Fprintf(&b, " %d,%.0f", x, float64(ground)-scale*values[i])
	}
	fmt.Fprintf(&b, " %d,%d", x, ground)
	return b.String()
}

// x returns the place of a moment, within the picture.
func (p plane) x(at time.Time) int {
	return int(max(0, min(chartWidth, chartWidth*float64(at.Sub(p.from))/float64(p.to.Sub(p.from)))))
}

// perSecond writes how often something happens: with a digit behind the point below ten.
func perSecond(n float64) string {
	if n < 9.95 {
		return strings.TrimSuffix(strconv.FormatFloat(math.Floor(n*10+0.5)/10, 'f', 1, 64), ".0") + "/s"
	}
	return Count(int(n+0.5)) + "/s"
}
