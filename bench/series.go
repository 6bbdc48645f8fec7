package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// median returns the middle of the values, the mean of the two in the middle where their number is even, and the zero
// value for none. It changes nothing.
func median[T ~int | ~int64 | ~uint64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	i := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[i]
	}
	return sorted[i-1] + (sorted[i]-sorted[i-1])/2
}

// times returns the cells of repeated runs: the shortest, the median and the longest, in milliseconds; dashes for none.
func times(runs []time.Duration) []string {
	if len(runs) == 0 {
		return []string{unknown, unknown, unknown}
	}
	return []string{milliseconds(slices.Min(runs)), milliseconds(median(runs)), milliseconds(slices.Max(runs))}
}

// unknown stands in cells for what could not be measured.
const unknown = "–"

// milliseconds formats a time with three significant digits at least.
func milliseconds(d time.Duration) string { return significant(d.Seconds() * 1000) }

// significant formats a number, not negative, with three significant digits at least.
func significant(f float64) string {
	switch {
	case f >= 100:
		return grouped(int64(f + 0.5))
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case f >= 1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'f', 3, 64)
}

// ratio formats how many times as long as base d is; a dash where one of them is not known.
func ratio(d, base time.Duration) string {
	if d <= 0 || base <= 0 {
		return unknown
	}
	return significant(float64(d)/float64(base)) + " ×"
}

// grouped formats a whole number with commas between thousands.
func grouped[T ~int | ~int64 | ~uint64](n T) string {
	if n < 0 {
		return "-" + grouped(uint64(-n))
	}
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size formats a number of bytes in the unit that suits it.
func size[T ~int | ~int64 | ~uint64](n T) string {
	switch f := float64(n); {
	case f >= 1e9:
		return fmt.Sprintf("%.2f GB", f/1e9)
	case f >= 1e6:
		return fmt.Sprintf("%.1f MB", f/1e6)
	case f >= 1e4:
		return fmt.Sprintf("%.1f kB", f/1e3)
	}
	return grouped(n) + " B"
}

// share formats part of whole in percent, rounded down: 100 is said only where nothing is missing.
func share(part, whole int) string {
	if whole <= 0 {
		return unknown
	}
	const decimals = 1000
	return strconv.FormatFloat(math.Floor(float64(part)/float64(whole)*100*decimals)/decimals, 'f', 3, 64) + " %"
}
