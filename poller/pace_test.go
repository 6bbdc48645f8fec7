package poller

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The interval doubles while polls take over half of it, and halves when they take less than a fifth.
//
//attack:r6
func TestPace(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name       string
		base       time.Duration
		took, want []time.Duration
	}{
		{"quick", time.Second, []time.Duration{0, 500 * ms}, []time.Duration{time.Second, time.Second}},
		{"slow once", time.Second, []time.Duration{501 * ms, 400 * ms, 399 * ms}, []time.Duration{2000 * ms, 2000 * ms, time.Second}},
		{"to 10 s and back", time.Second,
			[]time.Duration{time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, 1999 * ms, 0, 0, 0},
			[]time.Duration{2000 * ms, 4000 * ms, 8000 * ms, 10_000 * ms, 10_000 * ms, 5000 * ms, 2500 * ms, 1250 * ms, time.Second}},
		{"longer asked for", time.Minute, []time.Duration{time.Hour, 0}, []time.Duration{time.Minute, time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPace(tt.base)
			var got []time.Duration
			for _, d := range tt.took {
				p.took(d)
				got = append(got, p.interval)
				if p.stretched() != (p.interval > tt.base) {
					t.Errorf("stretched: %v at %v", p.stretched(), p.interval)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("intervals %v, want %v", got, tt.want)
			}
		})
	}
}

// The interval is never shorter than asked for and never longer than 10 s, or than asked for where that is longer.
func TestPaceBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := time.Duration(rapid.Int64Range(int64(MinInterval), int64(MaxInterval)).Draw(t, "base"))
		p := newPace(base)
		for _, took := range rapid.SliceOf(rapid.Int64Range(0, int64(2*time.Minute))).Draw(t, "took") {
			p.took(time.Duration(took))
			if p.interval < base || p.interval > max(base, stretchLimit) {
				t.Fatalf("interval %v with %v asked for", p.interval, base)
			}
		}
	})
}
