package views

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

func TestCeiling(t *testing.T) {
	for n, want := range map[int]int{
		0: 10, 1: 10, 10: 10, 11: 15, 16: 20, 31: 40, 61: 80, 81: 100, 100: 100, 101: 150, 402: 500, 98310: 100000,
	} {
		if got := ceiling(n); got != want {
			t.Errorf("ceiling(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestCeilingOfScript: the live charts must not jump to another scale when they take the images' place.
func TestCeilingOfScript(t *testing.T) {
	script, err := os.ReadFile("../static/js/points.js")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(fmt.Sprint(steps), " ", ", ")
	if !strings.Contains(string(script), "STEPS = "+want) {
		t.Errorf("points.js does not have the steps %s", want)
	}
}

// history draws a history whose samples are a second apart, or more.
func history(t *rapid.T) []poller.Sample {
	at := noon
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) poller.Sample {
		step := time.Duration(rapid.IntRange(1, 20).Draw(t, "step")) * time.Second
		at = at.Add(step)
		s := poller.Sample{At: at, Gap: rapid.IntRange(0, 9).Draw(t, "gap") == 0}
		if !s.Gap {
			s.Flow = poller.Flow{Elapsed: step, Counted: true, Opened: rapid.IntRange(0, 9).Draw(t, "opened"),
				BytesReceived: rapid.Uint64Range(0, 1e6).Draw(t, "received"), BytesSent: rapid.Uint64Range(0, 9).Draw(t, "sent")}
		}
		for i := range rapid.IntRange(0, poller.NumStates-1).Draw(t, "states") {
			s.Counts[poller.StateListen+poller.State(i%(poller.NumStates-1))] = rapid.IntRange(0, 1000).Draw(t, "n")
		}
		return s
	}), 0, 320).Draw(t, "history")
}

// pointsOf reads the points of a curve and checks that they lie in the picture and that there are not too many.
func pointsOf(t *rapid.T, c curve) (xs, ys []int) {
	points := strings.Fields(c.Points)
	if len(points) > 3*chartPoints+3 {
		t.Fatalf("%v has %d points", c, len(points))
	}
	for _, p := range points {
		var x, y int
		if _, err := fmt.Sscanf(p, "%d,%d", &x, &y); err != nil {
			t.Fatalf("point %q: %v", p, err)
		}
		if x < 0 || x > chartWidth || y < 0 || y > chartHeight {
			t.Fatalf("point %q is outside", p)
		}
		xs, ys = append(xs, x), append(ys, y)
	}
	return xs, ys
}

// TestStates: the areas lie inside each other in the order they are painted, and all of them end at the right edge.
func TestStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := history(t)
		var above []int
		for _, c := range (Dashboard{History: h}).charts()[0].Curves {
			if len(h) < 2 {
				if c.Points != "" {
					t.Fatalf("%d samples make %q", len(h), c.Points)
				}
				continue
			}
			xs, ys := pointsOf(t, c)
			if last := len(xs) - 1; xs[last] != chartWidth || ys[last] != chartHeight {
				t.Fatalf("%s ends at %d,%d", c.State, xs[last], ys[last])
			}
			for i := range ys {
				if above != nil && ys[i] < above[i] {
					t.Fatalf("%s rises over the area before it", c.State)
				}
			}
			above = ys
		}
	})
}

// TestHalves: one curve of what moves lies over the middle and the other under it, whatever the time shown.
func TestHalves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Dashboard{History: history(t)}
		if rapid.Bool().Draw(t, "fixed") {
			d.From, d.To = noon.Add(time.Minute), noon.Add(3*time.Minute)
		}
		for _, c := range d.charts()[1:] {
			for i, half := range c.Curves {
				_, ys := pointsOf(t, half)
				for _, y := range ys {
					if i == 0 && y > chartHeight/2 || i == 1 && y < chartHeight/2 {
						t.Fatalf("%s is at %d", half.Flow, y)
					}
				}
			}
		}
	})
}

// TestCharts draws a history whose numbers are simple.
func TestCharts(t *testing.T) {
	var c poller.Counts
	c[poller.StateListen], c[poller.StateTimeWait] = 3, 7
	flow := poller.Flow{Elapsed: 2 * time.Second, Counted: true, BytesReceived: 2000, BytesSent: 1000, Opened: 1, Closed: 2}
	d := Dashboard{History: []poller.Sample{{At: noon}, {At: noon.Add(2 * time.Second), Counts: c, Flow: flow}}}
	var got []string
	for _, c := range d.charts() {
		got = append(got, c.Name+" to "+c.Top)
		for _, a := range c.Curves {
			got = append(got, a.State+a.Flow+": "+a.Points)
		}
	}
	want := []string{
		"states to 10", "TIME_WAIT: 596,120 596,120 600,0 600,120", "LISTEN: 596,120 596,120 600,84 600,120",
		"bytes to 1.00 kB/s", "received: 596,60 596,60 600,0 600,60", "sent: 596,60 596,60 600,90 600,60",
		"sockets to 1/s", "opened: 596,60 596,60 600,30 600,60", "closed: 596,60 596,60 600,120 600,60",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestThin keeps both ends of the history, and what moved.
func TestThin(t *testing.T) {
	for _, n := range []int{2, 3, chartPoints, chartPoints + 1, 300, 301} {
		h := make([]poller.Sample, n)
		for i := range h {
			h[i].At = noon.Add(time.Duration(i) * time.Second)
			if i > 0 {
				h[i].Flow = poller.Flow{Elapsed: time.Second, Counted: true, BytesSent: uint64(i), Opened: 1}
			}
		}
		few := thin(h, chartPoints)
		if len(few) > chartPoints+1 || few[0] != h[0] || !few[len(few)-1].At.Equal(h[n-1].At) {
			t.Errorf("%d samples: %d left, from %v to %v", n, len(few), few[0].At, few[len(few)-1].At)
		}
		var sum poller.Flow
		for _, s := range few {
			sum.BytesSent += s.BytesSent
			sum.Opened += s.Opened
			sum.Elapsed += s.Elapsed
		}
		if sum.BytesSent != uint64(n*(n-1)/2) || sum.Opened != n-1 || sum.Elapsed != time.Duration(n-1)*time.Second {
			t.Errorf("%d samples: %+v is left of what moved", n, sum)
		}
	}
}

// In a gap the curve lies on the ground, and thinning loses none.
func TestGap(t *testing.T) {
	h := make([]poller.Sample, 3)
	for i := range h {
		h[i].At = noon.Add(time.Duration(i) * time.Minute)
		h[i].Counts[poller.StateListen] = 10
	}
	h[2].Gap = true
	curves := (Dashboard{History: h}).charts()[0].Curves
	if got, want := curves[0].Points, "360,120 360,0 480,0 480,120 600,120 600,0 600,120"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	long := make([]poller.Sample, 300)
	for i := range long {
		long[i].At = noon.Add(time.Duration(i) * time.Second)
		long[i].Gap = i == 150
	}
	gaps := 0
	for _, s := range thin(long, chartPoints) {
		if s.Gap {
			gaps++
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps after thinning, want 1", gaps)
	}
}

func TestPerSecond(t *testing.T) {
	for n, want := range map[float64]string{0: "0/s", 0.04: "0/s", 0.25: "0.3/s", 1: "1/s", 9.94: "9.9/s", 9.95: "10/s", 1234.5: "1,235/s"} {
		if got := perSecond(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}
