package query

import (
	"strconv"
	"strings"

	"sockeye/poller"
)

// numberKind is the kind of whole numbers from 0 to high. A key may look at two of them, and matches where either does.
type numberKind struct {
	// high is the largest number that is possible.
	high int64
	// services is set for ports, which have names.
	services bool
	// of returns the numbers, -1 where there is none.
	of []func(c *poller.Connection) int64
}

// word returns "number", or "port" where services have names.
func (k *numberKind) word() string {
	if k.services {
		return "port"
	}
	return "number"
}

// read accepts a number, a range of numbers, a comparison, and for ports the name of a service or a colon before the
// number, as ss writes it.
func (k *numberKind) read(key *key, text string) (value, *Error) {
	if k.services {
		if v, ok := k.readService(text); ok {
			return v, nil
		}
		text = strings.TrimPrefix(text, ":")
	}
	l, err := readLimit(key, text, func(one string) (int64, *Error) { return k.number(key, one, text) })
	if err != nil {
		return nil, err
	}
	return &span{kind: k, limit: l}, nil
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
	also := ""
	if k.services {
		also = ", the name of a service such as https"
	}
	return 0, failf("%s must be 0 to %d%s, a range such as 1024..2048 or a comparison such as >1023, not %s",
		key.Name, k.high, also, shown(whole))
}

// isDigits reports whether text is one or more decimal digits.
func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// span is a limit of a number that stands in the connection.
type span struct {
	kind *numberKind
	limit
}

// match reports whether one of the numbers that the key looks at is in the span.
func (s *span) match(c *poller.Connection) bool {
	for _, of := range s.kind.of {
		if s.has(of(c)) {
			return true
		}
	}
	return false
}

// text returns the limit.
func (s *span) text() string {
	return s.limit.text(func(n int64) string { return strconv.FormatInt(n, 10) })
}
