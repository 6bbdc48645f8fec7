package views

import (
	"strings"
	"time"

	"sockeye/past"
)

// The size of the curve of rates in its own units.
const (
	curveWidth  = 320
	curveHeight = 56
)

// ratesDrawn is bytes a second over time, as two lines.
type ratesDrawn struct {
	// Received and Sent are the points of the lines; "" where there are not two.
	Received, Sent string
	// Top is the highest rate; Span is how long the curve is.
	Top  float64
	Span time.Duration
	// Label is the text alternative.
	Label string
}

// curveOf draws samples.
func curveOf(samples []past.Sample) ratesDrawn {
	var known []past.Sample
	for _, s := range samples {
		if s.HasRates {
			known = append(known, s)
		}
	}
	if len(known) < 2 {
		return ratesDrawn{}
	}
	first, last := known[0], known[len(known)-1]
	c := ratesDrawn{Span: last.At.Sub(first.At)}
	for _, s := range known {
		c.Top = max(c.Top, s.ReceiveRate, s.SendRate)
	}
	var received, sent []string
	for _, s := range known {
		x := coordinate(curveWidth * float64(s.At.Sub(first.At)) / float64(max(c.Span, 1)))
		received = append(received, x+","+coordinate(height(s.ReceiveRate, c.Top)))
		sent = append(sent, x+","+coordinate(height(s.SendRate, c.Top)))
	}
	c.Received, c.Sent = strings.Join(received, " "), strings.Join(sent, " ")
	c.Label = "Bytes a second over the last " + Age(c.Span, true) + ": at the most " + Rate(c.Top) + ", now " +
		Rate(last.ReceiveRate) + " received and " + Rate(last.SendRate) + " sent."
	return c
}

// height returns where a rate stands, from above; the lines keep clear of the edges.
func height(rate, top float64) float64 {
	const margin = 2
	if top <= 0 {
		return curveHeight - margin
	}
	return margin + (curveHeight-2*margin)*(1-rate/top)
}
