package ports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Span is a run of port numbers, both ends included.
type Span struct{ First, Last uint16 }

// Has reports whether the port is in the span.
func (s Span) Has(port uint16) bool { return s.First <= port && port <= s.Last }

// Len returns how many ports the span has, 1 to 65536.
func (s Span) Len() int { return int(s.Last) - int(s.First) + 1 }

// String returns the span as it is asked for: "8080", "8000-8100".
func (s Span) String() string {
	text := strconv.Itoa(int(s.First))
	if s.Last != s.First {
		text += "-" + strconv.Itoa(int(s.Last))
	}
	return text
}

// Spans is a set of ports: spans in order that neither meet nor overlap, as [merge] makes them.
type Spans []Span

// merge sorts spans and joins those that meet or overlap. It works in place.
func merge(all []Span) Spans {
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a.First, b.First) })
	var out Spans
	for _, s := range all {
		if n := len(out); n > 0 && int(s.First) <= int(out[n-1].Last)+1 {
			out[n-1].Last = max(out[n-1].Last, s.Last)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Has reports whether the port is in the set.
func (s Spans) Has(port uint16) bool {
	i, found := slices.BinarySearchFunc(s, port, func(s Span, port uint16) int { return cmp.Compare(s.First, port) })
	return found || i > 0 && s[i-1].Has(port)
}

// Len returns how many ports the set has.
func (s Spans) Len() (n int) {
	for _, one := range s {
		n += one.Len()
	}
	return n
}

// String returns the set as it is asked for: "80,443,8000-8100".
func (s Spans) String() string {
	parts := make([]string, len(s))
	for i, one := range s {
		parts[i] = one.String()
	}
	return strings.Join(parts, ",")
}

// maxSpans is how many ports and ranges can be asked for at once.
const maxSpans = 64

// ParseSpans reads several ports: numbers, names of services and ranges such as 8000-8100 or 8000..8100, with commas
// between them; behind a slash, or before one, may stand tcp or udp for all of them. ok is false where the text is no
// such list, so that it can only be one port, for [ParseTarget] to read. The error is one sentence for the user.
func ParseSpans(text string) (spans Spans, protocol string, ok bool, err error) {
	if ok = isList(text); !ok {
		return nil, "", false, nil
	}
	what, protocol, err := cutProtocol(strings.TrimSpace(text))
	if err != nil {
		return nil, "", true, err
	}
	items := strings.Split(what, ",")
	if len(items) > maxSpans {
		return nil, "", true, fmt.Errorf("at most %d ports and ranges can be asked for at once, not %d", maxSpans, len(items))
	}
	var all []Span
	for _, item := range items {
		s, err := parseSpan(strings.TrimSpace(item))
		if err != nil {
			return nil, "", true, err
		}
		all = append(all, s)
	}
	return merge(all), protocol, true, nil
}

// isList reports whether a text has several ports in it: a comma, or a range of numbers.
func isList(text string) bool {
	if strings.Contains(text, ",") {
		return true
	}
	what, _, err := cutProtocol(strings.TrimSpace(text))
	if err != nil {
		return false
	}
	_, _, found := cutRange(what)
	return found
}

// cutRange parts a range at its sign; found is false where what stands on both sides are no numbers. Names of services
// may have a "-" in them.
func cutRange(text string) (first, last string, found bool) {
	for _, sign := range [...]string{"..", "-", "–", "—"} {
		a, b, ok := strings.Cut(text, sign)
		a, b = strings.TrimPrefix(strings.TrimSpace(a), ":"), strings.TrimPrefix(strings.TrimSpace(b), ":")
		if ok && isDigits(a) && isDigits(b) {
			return a, b, true
		}
	}
	return "", "", false
}

// parseSpan reads one port or one range.
func parseSpan(text string) (Span, error) {
	a, b, found := cutRange(text)
	if !found {
		t, err := ParseTarget(text)
		if err == nil && t.Protocol != "" {
			err = fmt.Errorf("the protocol stands once, behind the whole list, not behind %s", cut(text))
		}
		return Span{t.Port, t.Port}, err
	}
	first, err := ParseTarget(a)
	if err != nil {
		return Span{}, err
	}
	last, err := ParseTarget(b)
	if err != nil {
		return Span{}, err
	}
	if first.Port > last.Port {
		return Span{}, fmt.Errorf("a range begins with its lower port: %d-%d, not %d-%d", last.Port, first.Port, first.Port, last.Port)
	}
	return Span{first.Port, last.Port}, nil
}
