package query

import (
	"math"
	"strings"
)

// limit is the numbers from low to high, both included, and how they were written.
type limit struct {
	low, high int64
	// operator is ">", ">=", "<" or "<=" where it was a comparison, else "".
	operator string
}

// has reports whether n is among the numbers. Numbers that are not known are negative, and among none.
func (l limit) has(n int64) bool { return n >= 0 && l.low <= n && n <= l.high }

// hasFrom reports whether every number from n on is among the numbers.
func (l limit) hasFrom(n int64) bool { return n >= l.low && l.high == math.MaxInt64 }

// readLimit reads a number, a range "low..high" with both ends included, or a comparison. One reads a single number,
// from 0 to less than the largest.
func readLimit(k *key, text string, one func(text string) (int64, *Error)) (limit, *Error) {
	for _, operator := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(text, operator); ok {
			n, err := one(strings.TrimSpace(rest))
			return compared(operator, n), err
		}
	}
	first, last, isRange := strings.Cut(text, "..")
	low, err := one(first)
	if err != nil || !isRange {
		return limit{low: low, high: low}, err
	}
	high, err := one(last)
	if err == nil && low > high {
		err = failf("the range %s of %s begins above its end", shown(text), k.Name)
	}
	return limit{low: low, high: high}, err
}

// compared returns the numbers that a comparison means.
func compared(operator string, n int64) limit {
	switch operator {
	case ">":
		return limit{n + 1, math.MaxInt64, operator}
	case ">=":
		return limit{n, math.MaxInt64, operator}
	case "<":
		return limit{0, n - 1, operator}
	case "<=":
		return limit{0, n, operator}
	}
	return limit{low: n, high: n}
}

// text writes the limit as it is read, with its numbers in the form that one gives.
func (l limit) text(one func(n int64) string) string {
	switch {
	case l.operator == ">":
		return ">" + one(l.low-1)
	case l.operator == ">=":
		return ">=" + one(l.low)
	case l.operator == "<":
		return "<" + one(l.high+1)
	case l.operator == "<=":
		return "<=" + one(l.high)
	case l.low == l.high:
		return one(l.low)
	}
	return one(l.low) + ".." + one(l.high)
}
