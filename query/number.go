package query

import (
	"fmt"
	"strconv"
	"strings"

	"sockeye/poller"
)

// numberKind is the kind of whole numbers from 0 to high. A key may look at two of them, and matches where either does.
type numberKind struct {
	// high is the largest number that is possible.
	high int64
	// of returns the numbers, -1 where there is none.
	of []func(c *poller.Connection) int64
}

// word returns "number".
func (*numberKind) word() string { return "number" }

// read accepts a number or a range of numbers "low..high", both ends included.
func (k *numberKind) read(key *key, text string) (value, *Error) {
	first, last, isRange := strings.Cut(text, "..")
	if !isRange {
		last = first
	}
	low, err := k.number(key, first, text)
	if err != nil {
		return nil, err
	}
	high, err := k.number(key, last, text)
	if err != nil {
		return nil, err
	}
	if low > high {
		return nil, failf("the range %s of %s begins above its end", shown(text), key.Name)
	}
	return &span{kind: k, low: low, high: high}, nil
}

// number reads one number of a text. The sign, other digits than ASCII and spaces are refused; leading zeros are not,
// and are gone when it is printed.
func (k *numberKind) number(key *key, digits, whole string) (int64, *Error) {
	n, err := strconv.ParseUint(digits, 10, 63)
	if err == nil && int64(n) <= k.high {
		return int64(n), nil
	}
	if isDigits(digits) {
		return 0, failf("%s must be 0 to %d, not %s", key.Name, k.high, shownNumber(digits))
	}
	return 0, failf("%s must be 0 to %d or a range such as 1024..2048, not %s", key.Name, k.high, shown(whole))
}

// isDigits reports whether text is one or more decimal digits.
func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// span is the numbers from low to high, both included.
type span struct {
	kind      *numberKind
	low, high int64
}

// match reports whether one of the numbers that the key looks at is in the span.
func (s *span) match(c *poller.Connection) bool {
	for _, of := range s.kind.of {
		if n := of(c); s.low <= n && n <= s.high {
			return true
		}
	}
	return false
}

// text returns the number, or the range where it has more than one.
func (s *span) text() string {
	if s.low == s.high {
		return strconv.FormatInt(s.low, 10)
	}
	return fmt.Sprintf("%d..%d", s.low, s.high)
}
