package views

import (
	"fmt"
	"math"
	"strings"

	"sockeye/explain"
	"sockeye/poller"
)

// The size of the state diagram in its own units, which are pixels of a narrow screen.
const (
	diagramWidth  = 360
	diagramHeight = 520
	boxWidth      = 104
	boxHeight     = 28
)

// place is where a state stands in the diagram.
type place struct {
	State poller.State
	X, Y  float64
	// End is set for the second box of CLOSED, where a life ends.
	End bool
}

// places are the boxes, in the order of the figure of RFC 9293.
var places = []place{
	{poller.StateClosed, 180, 24, false},
	{poller.StateListen, 56, 96, false}, {poller.StateSynSent, 304, 96, false},
	{poller.StateSynReceived, 56, 176, false}, {poller.StateEstablished, 180, 256, false},
	{poller.StateFinWait1, 56, 336, false}, {poller.StateCloseWait, 304, 336, false},
	{poller.StateFinWait2, 56, 416, false}, {poller.StateClosing, 180, 416, false}, {poller.StateLastAck, 304, 416, false},
	{poller.StateTimeWait, 180, 496, false}, {poller.StateClosed, 304, 496, true},
}

// box is a state as the diagram shows it. Class is "here", "seen", "usual" or "".
type box struct {
	place
	Class string
}

// arrow is a change of state as the diagram shows it. Class is "seen", "usual" or "".
type arrow struct {
	explain.Edge
	Number         int
	X1, Y1, X2, Y2 float64
	// NX and NY are where the number stands, Head the corners of the arrow's head.
	NX, NY float64
	Head   string
	Class  string
}

// diagram is the state diagram with the way of one socket; the way is nil where it is of none.
type diagram struct {
	Boxes  []box
	Arrows []arrow
	// Label is the text alternative.
	Label string
}

// diagramOf draws a way.
func diagramOf(way []explain.Visit, over bool) diagram {
	d := diagram{Label: diagramLabel(way, over)}
	for n, e := range explain.Edges() {
		d.Arrows = append(d.Arrows, arrowOf(n+1, e, way))
	}
	for _, p := range places {
		d.Boxes = append(d.Boxes, box{p, boxClass(p, way, over)})
	}
	return d
}

// boxClass says what a state is on the way.
func boxClass(p place, way []explain.Visit, over bool) string {
	class := ""
	for n, v := range way {
		if v.State != p.State || (v.State == poller.StateClosed && (n > 0) != p.End) {
			continue
		}
		switch {
		case n == len(way)-1 && !over:
			return "here"
		case v.Seen:
			class = "seen"
		case class == "":
			class = "usual"
		}
	}
	return class
}

// arrowOf lays an arrow between the borders of its two boxes.
func arrowOf(number int, e explain.Edge, way []explain.Visit) arrow {
	from, to := placeOf(e.From, false), placeOf(e.To, e.From != poller.StateListen && e.To == poller.StateClosed)
	a := arrow{Edge: e, Number: number}
	a.X1, a.Y1 = border(from, to)
	a.X2, a.Y2 = border(to, from)
	a.number()
	a.Head = arrowHead(a.X1, a.Y1, a.X2, a.Y2)
	for n := 1; n < len(way); n++ {
		if way[n-1].State == e.From && way[n].State == e.To {
			a.Class = "usual"
			if way[n-1].Seen && way[n].Seen {
				a.Class = "seen"
			}
		}
	}
	return a
}

// number finds a place for the arrow's number: on the arrow, above a short one, and clear of the boxes that the arrow
// from FIN_WAIT_1 to TIME_WAIT passes between.
func (a *arrow) number() {
	part := 0.45
	if a.From == poller.StateFinWait1 && a.To == poller.StateTimeWait {
		part = 0.77
	}
	a.NX, a.NY = a.X1+(a.X2-a.X1)*part, a.Y1+(a.Y2-a.Y1)*part
	if math.Hypot(a.X2-a.X1, a.Y2-a.Y1) < 24 {
		a.NY -= 14
	}
}

// placeOf returns the box of a state; end asks for the second one of CLOSED.
func placeOf(s poller.State, end bool) place {
	for _, p := range places {
		if p.State == s && p.End == end {
			return p
		}
	}
	return place{}
}

// border returns where the line from the middle of one box towards another leaves it.
func border(from, to place) (x, y float64) {
	dx, dy := to.X-from.X, to.Y-from.Y
	t := math.Inf(1)
	if dx != 0 {
		t = boxWidth / 2 / math.Abs(dx)
	}
	if dy != 0 {
		t = min(t, boxHeight/2/math.Abs(dy))
	}
	return from.X + dx*t, from.Y + dy*t
}

// arrowHead returns the corners of the head of an arrow.
func arrowHead(x1, y1, x2, y2 float64) string {
	const length, width = 8, 3.5
	l := math.Hypot(x2-x1, y2-y1)
	if l == 0 {
		return ""
	}
	ux, uy := (x2-x1)/l, (y2-y1)/l
	bx, by := x2-ux*length, y2-uy*length
	return fmt.Sprintf("%s,%s %s,%s %s,%s", coordinate(x2), coordinate(y2),
		coordinate(bx-uy*width), coordinate(by+ux*width), coordinate(bx+uy*width), coordinate(by-ux*width))
}

// coordinate writes a coordinate with one decimal.
func coordinate(v float64) string { return fmt.Sprintf("%.1f", v) }

// diagramLabel says in words what the diagram shows.
func diagramLabel(way []explain.Visit, over bool) string {
	if len(way) == 0 {
		return "The states of TCP and the changes between them; the list below has the same in words."
	}
	var words []string
	for _, v := range way {
		word := v.State.String()
		if !v.Seen {
			word += " (not seen)"
		}
		words = append(words, word)
	}
	last := way[len(way)-1].State.String()
	if over {
		return "The states of TCP with the way of this connection: " + strings.Join(words, ", ") + ". It was last in " + last + " and is over."
	}
	return "The states of TCP with the way of this socket: " + strings.Join(words, ", ") + ". It is in " + last + " now."
}
