package query

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// TestAges: by the ages at which filters may change.
func TestAges(t *testing.T) {
	const ms = time.Millisecond
	for text, want := range map[string][]time.Duration{
		"port:443":              nil,
		"age:>3s":               {3001 * ms},
		"age:<=1m":              {60_001 * ms},
		"age:<0":                nil,
		"age:2s..5s":            {2000 * ms, 5001 * ms},
		"is:new or is:stuck":    {10*time.Second + 1},
		"-(age:>=1s or is:new)": {1000 * ms, 10*time.Second + 1},
	} {
		if got := mustParse(t, text).Ages(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestAgesAreAll: a connection that does not change matches the same at any two moments with none of the ages between.
func TestAgesAreAll(t *testing.T) {
	start := time.Unix(1000, 0)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"age:>3s", "age:2s..5s", "is:new", "-is:stuck", "is:stuck or age:<4s", "age:0", "age:7s is:new"}).Draw(t, "filter")
		q, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		c := &poller.Connection{Socket: poller.Socket{Protocol: poller.TCP, State: poller.StateCloseWait}, FirstSeen: start, Opened: start}
		if rapid.Bool().Draw(t, "exact") {
			c.Known = poller.KnownOpened
		}
		near := rapid.Custom(func(t *rapid.T) time.Duration {
			at := rapid.SampledFrom([]time.Duration{0, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 7 * time.Second, 10 * time.Second}).Draw(t, "about")
			return max(0, at+time.Duration(rapid.Int64Range(-3, 3).Draw(t, "off"))*rapid.SampledFrom([]time.Duration{1, time.Millisecond}).Draw(t, "unit"))
		})
		a, b := near.Draw(t, "one"), near.Draw(t, "other")
		if a > b {
			a, b = b, a
		}
		parted := slices.ContainsFunc(q.Ages(), func(age time.Duration) bool { return a < age && age <= b })
		if !parted && q.At(start.Add(a)).Match(c) != q.At(start.Add(b)).Match(c) {
			t.Fatalf("%s: other at %v than at %v, and its ages are %v", text, b, a, q.Ages())
		}
	})
}
