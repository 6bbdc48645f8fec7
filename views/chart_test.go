package views

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

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

// TestCeilingOfScript: the live chart must not jump to another scale when it takes the image's place.
func TestCeilingOfScript(t *testing.T) {
	script, err := os.ReadFile("../static/js/chart.js")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(fmt.Sprint(steps), " ", ", ")
	if !strings.Contains(string(script), "STEPS = "+want) {
		t.Errorf("chart.js does not have the steps %s", want)
	}
}

// history draws a history whose samples are a second apart, or more.
func history(t *rapid.T) []poller.Sample {
	at := noon
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) poller.Sample {
		at = at.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "gap")) * time.Second)
		s := poller.Sample{At: at}
		for i := range rapid.IntRange(0, poller.NumStates-1).Draw(t, "states") {
			s.Counts[poller.StateListen+poller.State(i%(poller.NumStates-1))] = rapid.IntRange(0, 1000).Draw(t, "n")
		}
		return s
	}), 0, 320).Draw(t, "history")
}

// TestAreas: each state that was seen has one area, the areas lie inside each other in the order they are painted,
// and all of them lie in the picture and end at its right edge.
func TestAreas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := history(t)
		all := areas(h)
		if len(h) < 2 {
			if all != nil {
				t.Fatalf("%d samples make %d areas", len(h), len(all))
			}
			return
		}
		var above []int
		for _, a := range all {
			var ys []int
			points := strings.Fields(a.Points)
			if len(points) > chartPoints+3 {
				t.Fatalf("%s has %d points", a.State, len(points))
			}
			for i, p := range points {
				var x, y int
				if _, err := fmt.Sscanf(p, "%d,%d", &x, &y); err != nil {
					t.Fatalf("point %q: %v", p, err)
				}
				if x < 0 || x > chartWidth || y < 0 || y > chartHeight {
					t.Fatalf("point %q is outside", p)
				}
				if i == len(points)-1 && (x != chartWidth || y != chartHeight) {
					t.Fatalf("%s ends at %q", a.State, p)
				}
				if above != nil && y < above[i] {
					t.Fatalf("%s rises over the area before it at %q", a.State, p)
				}
				ys = append(ys, y)
			}
			above = ys
		}
	})
}

// TestAreasOfSeenStates: a state without a socket has no area, all others have one, the last state first.
func TestAreasOfSeenStates(t *testing.T) {
	var c poller.Counts
	c[poller.StateListen], c[poller.StateTimeWait] = 3, 7
	all := areas([]poller.Sample{{At: noon}, {At: noon.Add(time.Second), Counts: c}})
	if len(all) != 2 || all[0].State != poller.StateTimeWait || all[1].State != poller.StateListen {
		t.Fatalf("got %v", all)
	}
	if want := "598,120 598,120 600,0 600,120"; all[0].Points != want {
		t.Errorf("got %q, want %q", all[0].Points, want)
	}
}

// TestThin keeps both ends of the history.
func TestThin(t *testing.T) {
	for _, n := range []int{2, 3, chartPoints, chartPoints + 1, 300, 301} {
		h := make([]poller.Sample, n)
		for i := range h {
			h[i].At = noon.Add(time.Duration(i) * time.Second)
		}
		few := thin(h)
		if len(few) > chartPoints+1 || few[0] != h[0] || few[len(few)-1] != h[n-1] {
			t.Errorf("%d samples: %d left, from %v to %v", n, len(few), few[0].At, few[len(few)-1].At)
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
	if got, want := areas(h)[0].Points, "360,120 360,0 480,0 480,120 600,120 600,0 600,120"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	long := make([]poller.Sample, 300)
	for i := range long {
		long[i].At = noon.Add(time.Duration(i) * time.Second)
		long[i].Gap = i == 150
	}
	gaps := 0
	for _, s := range thin(long) {
		if s.Gap {
			gaps++
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps after thinning, want 1", gaps)
	}
}
