package views

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Dash stands for a value that is not known. It never stands for zero.
const Dash = "–"

// maxShown is the number of characters of a foreign text that a cell shows before it is cut.
const maxShown = 64

// byteUnits are the decimal units of [Bytes], each a thousand of the one before.
var byteUnits = [...]string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}

// Visible returns foreign text (a process name, a user, a host) as it is shown in a cell: as [Whole] makes it, and
// no longer than 64 characters, the last of which is "…" where something was cut. static/js/format.js does the same.
func Visible(s string) string {
	var b strings.Builder
	room, whole := maxShown-1, Whole(s)
	if runes(whole) <= maxShown {
		return whole
	}
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		sym := symbol(r)
		if room -= runes(sym); room < 0 {
			break
		}
		b.WriteString(sym)
	}
	return b.String() + "…"
}

// Whole returns foreign text in full with everything that could mislead the eye made visible: control characters as
// the pictures of Unicode block 2400, bidirectional controls and invisible characters as ⟨U+202E⟩, and each run of
// bytes that is not UTF-8 as U+FFFD.
func Whole(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		b.WriteString(symbol(r))
	}
	return b.String()
}

// symbol returns what is shown for one character.
func symbol(r rune) string {
	switch {
	case r < 0x20:
		return string(0x2400 + r)
	case r == 0x7f:
		return "␡"
	case hidden(r):
		return fmt.Sprintf("⟨U+%04X⟩", r)
	}
	return string(r)
}

// hiddenRanges are the characters that are not seen, or that change the order of what is seen (Unicode, general
// categories Cc, Cf, Zl and Zp without the visible signs of some scripts).
var hiddenRanges = [...][2]rune{
	{0x80, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
	{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe007f},
}

// hidden reports whether r is in hiddenRanges.
func hidden(r rune) bool {
	for _, h := range hiddenRanges {
		if h[0] <= r && r <= h[1] {
			return true
		}
	}
	return false
}

// runes counts characters.
func runes(s string) int { return len([]rune(s)) }

// Bytes returns a number of bytes with three significant digits in decimal units: "999 B", "1.20 kB", "12.3 MB".
func Bytes(n float64) string {
	unit := 0
	for n >= 999.5 && unit < len(byteUnits)-1 {
		n /= 1000
		unit++
	}
	return digits(n, unit > 0) + " " + byteUnits[unit]
}

// Rate returns bytes per second in the manner of [Bytes]: "1.20 kB/s".
func Rate(n float64) string { return Bytes(n) + "/s" }

// digits writes n with three significant digits, or whole. Halves go up: the arithmetic is the one a browser can
// repeat exactly.
func digits(n float64, fraction bool) string {
	scale := 1
	switch {
	case !fraction:
	case n < 9.995:
		scale = 100
	case n < 99.95:
		scale = 10
	}
	v := uint64(math.Floor(n*float64(scale) + 0.5))
	whole := strconv.FormatUint(v/uint64(scale), 10)
	if scale == 1 {
		return whole
	}
	rest := strconv.FormatUint(v%uint64(scale)+uint64(scale), 10)
	return whole + "." + rest[1:]
}

// Count returns a whole number with a comma between thousands: "98,310".
func Count[T int | uint32 | uint64](n T) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Age returns how long something has existed in its two largest units: "12s", "4m 12s", "3h 04m", "2d 03h". Where it
// is not exact the true age is longer, and "≥ " says so.
func Age(age time.Duration, exact bool) string {
	s := int64(age / time.Second)
	var text string
	switch {
	case s < 60:
		text = fmt.Sprintf("%ds", s)
	case s < 3600:
		text = fmt.Sprintf("%dm %02ds", s/60, s%60)
	case s < 86400:
		text = fmt.Sprintf("%dh %02dm", s/3600, s/60%60)
	default:
		text = fmt.Sprintf("%dd %02dh", s/86400, s/3600%24)
	}
	if exact {
		return text
	}
	return "≥ " + text
}

// Host returns an address as it stands before a port: IPv6 in brackets (RFC 3986 section 3.2.2), "*" for none.
func Host(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "*"
	case a.Is4():
		return a.String()
	}
	return "[" + a.String() + "]"
}
