package query

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"sockeye/poller"
)

// unit is a name for a number of the smallest units of a quantity.
type unit struct {
	name string
	size int64
}

// quantityKind is the kind of quantities: whole numbers of a smallest unit, written with larger ones.
type quantityKind struct {
	// of returns the quantity, -1 where it is not known; nil for ages.
	of func(c *poller.Connection) int64
	// units are what is printed, the largest first; the last has the size 1 or is not needed.
	units []unit
	// also are further spellings that are read, in lower case.
	also []unit
	// plain is the size of the unit that a number without one has.
	plain int64
	// example is a comparison, for messages.
	example string
}

// The units of bytes, of bytes a second, and of plain counts. As in the table, k is 1000 and Ki 1024.
var (
	byteUnits = []unit{{"T", 1e12}, {"TiB", 1 << 40}, {"G", 1e9}, {"GiB", 1 << 30}, {"M", 1e6}, {"MiB", 1 << 20}, {"k", 1e3}, {"KiB", 1 << 10}}
	moreBytes = []unit{{"b", 1}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"ki", 1 << 10}, {"mi", 1 << 20}, {"gi", 1 << 30}, {"ti", 1 << 40}}
	counts    = []unit{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}}
)

// The units of ages, in milliseconds, and of round-trip times, in microseconds.
var (
	ageUnits = []unit{{"d", 86_400_000}, {"h", 3_600_000}, {"m", 60_000}, {"s", 1000}, {"ms", 1}}
	rttUnits = []unit{{"s", 1e6}, {"ms", 1e3}, {"us", 1}}
)

// word returns "quantity".
func (*quantityKind) word() string { return "quantity" }

// read accepts a quantity, a range of them or a comparison.
func (k *quantityKind) read(key *key, text string) (value, *Error) {
	text = strings.TrimSuffix(text, "/s")
	l, err := readLimit(key, text, func(one string) (int64, *Error) { return k.number(key, one) })
	if err != nil {
		return nil, err
	}
	if k.of == nil {
		return &aged{kind: k, limit: l}, nil
	}
	return &amount{kind: k, limit: l}, nil
}

// number reads one quantity: digits, perhaps with a decimal point, and a unit. It must be a whole number of the
// smallest unit.
func (k *quantityKind) number(key *key, text string) (int64, *Error) {
	end := len(text) - len(strings.TrimLeft(text, "0123456789."))
	digits, name := text[:end], strings.TrimSpace(text[end:])
	size, ok := k.size(name)
	if whole, _, _ := strings.Cut(digits, "."); !ok || !isDigits(whole) || len(digits) > 24 {
		return 0, k.refuse(key, text)
	}
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return 0, k.refuse(key, text)
	}
	n.Mul(n, new(big.Rat).SetInt64(size))
	if !n.IsInt() {
		return 0, failf("%s is finer than what is measured: %s", shown(text), key.Name)
	}
	if !n.Num().IsInt64() || n.Num().Int64() == math.MaxInt64 {
		return 0, failf("%s is too large a number for %s", shown(text), key.Name)
	}
	return n.Num().Int64(), nil
}

// size returns the size of a unit; the empty name is the plain one.
func (k *quantityKind) size(name string) (size int64, ok bool) {
	if name == "" {
		return k.plain, true
	}
	for _, units := range [][]unit{k.units, k.also} {
		for _, u := range units {
			if strings.EqualFold(u.name, name) {
				return u.size, true
			}
		}
	}
	return 0, false
}

// refuse says what is possible.
func (k *quantityKind) refuse(key *key, text string) *Error {
	return failf("%s must be a number such as %s, with or without one of the units %s, not %s",
		key.Name, k.example, strings.Join(k.unitNames(), ", "), shown(text))
}

// unitNames returns the names of the units, the largest first.
func (k *quantityKind) unitNames() []string {
	names := make([]string, len(k.units))
	for i, u := range k.units {
		names[i] = u.name
	}
	return names
}

// format writes a quantity in the largest unit of which it is a whole number. A number without a unit stands only
// for what is no multiple of any.
func (k *quantityKind) format(n int64) string {
	for _, u := range k.units {
		if n != 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// amount is a limit of a quantity that stands in the connection.
type amount struct {
	kind *quantityKind
	limit
}

// match reports whether the quantity is known and within the limit.
func (a *amount) match(c *poller.Connection) bool { return a.has(a.kind.of(c)) }

// text returns the limit.
func (a *amount) text() string { return a.limit.text(a.kind.format) }

// aged is a limit of an age, in milliseconds.
type aged struct {
	kind *quantityKind
	limit
	// now is the moment by which ages are counted, the zero time for the clock's.
	now time.Time
}

// match reports whether the age is within the limit. Of a connection that was there before sockeye looked only the
// least age is known: it matches where every greater age would as well.
func (a *aged) match(c *poller.Connection) bool {
	age, exact := c.Age(present(a.now))
	if !exact {
		return !c.FirstSeen.IsZero() && a.hasFrom(age.Milliseconds())
	}
	return a.has(age.Milliseconds())
}

// text returns the limit.
func (a *aged) text() string { return a.limit.text(a.kind.format) }

// bind takes over the present.
func (a *aged) bind(b *binding) value {
	if b.now.IsZero() {
		return a
	}
	return &aged{a.kind, a.limit, b.now}
}

// present returns the moment that was given, or else the clock's.
func present(now time.Time) time.Time {
	if now.IsZero() {
		return time.Now()
	}
	return now
}
