package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var errFull = errors.New("no room")

// TestMedianHasHalfOnEachSide, is within the values and changes none.
func TestMedianHasHalfOnEachSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 1000), 1, 30).Draw(t, "values")
		before := slices.Clone(values)
		m := median(values)
		below, above := 0, 0
		for _, v := range values {
			if v < m {
				below++
			}
			if v > m {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 {
			t.Fatalf("median %d of %v: %d below, %d above", m, values, below, above)
		}
		if !slices.Equal(values, before) {
			t.Fatalf("%v became %v", before, values)
		}
	})
}

func TestMedianOfNone(t *testing.T) {
	if m := median([]time.Duration(nil)); m != 0 {
		t.Errorf("median %v", m)
	}
}

func TestTimes(t *testing.T) {
	runs := []time.Duration{30 * time.Millisecond, 1500 * time.Microsecond, 1234 * time.Millisecond}
	if diff := cmp.Diff([]string{"1.50", "30.0", "1,234"}, times(runs)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{unknown, unknown, unknown}, times(nil)); diff != "" {
		t.Errorf("of none (-want +got):\n%s", diff)
	}
}

func TestRatio(t *testing.T) {
	for _, tt := range []struct {
		d, base time.Duration
		want    string
	}{
		{3 * time.Second, 2 * time.Second, "1.50 ×"},
		{time.Second, 100 * time.Second, "0.010 ×"},
		{0, time.Second, unknown},
		{time.Second, 0, unknown},
	} {
		if got := ratio(tt.d, tt.base); got != tt.want {
			t.Errorf("%v to %v: %q, want %q", tt.d, tt.base, got, tt.want)
		}
	}
}

// TestGroupedReadsBack: without its commas it is the number, and no group is longer than three digits.
func TestGroupedReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		text := grouped(n)
		if back, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64); err != nil || back != n {
			t.Fatalf("%d is printed as %q", n, text)
		}
		groups := strings.Split(strings.TrimPrefix(text, "-"), ",")
		for i, g := range groups {
			if len(g) > 3 || i > 0 && len(g) != 3 {
				t.Fatalf("%d is printed as %q", n, text)
			}
		}
	})
}

func TestSize(t *testing.T) {
	for n, want := range map[int]string{
		0: "0 B", 9999: "9,999 B", 10_000: "10.0 kB", 1_250_000: "1.2 MB", 1_370_000_000: "1.37 GB", -100: "-100 B",
	} {
		if got := size(n); got != want {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
}

// TestShareIsNotRoundedUp: 100 % is said only of a whole.
func TestShareIsNotRoundedUp(t *testing.T) {
	for _, tt := range []struct {
		part, whole int
		want        string
	}{
		{1, 3, "33.333 %"}, {999_999, 1_000_000, "99.999 %"}, {9_999_999, 10_000_000, "99.999 %"}, {7, 7, "100.000 %"}, {0, 0, unknown},
	} {
		if got := share(tt.part, tt.whole); got != tt.want {
			t.Errorf("%d of %d: %q, want %q", tt.part, tt.whole, got, tt.want)
		}
	}
}
