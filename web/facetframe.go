package web

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye/poller"
	"sockeye/query"
)

const (
	// facetValues is how many values a facet shows, those that were chosen aside.
	facetValues = 8
	// facetPace is how long at least the facets of a view stay as they were told.
	facetPace = time.Second
)

// facetData is one facet: what of it was chosen, and the values with the greatest counts.
type facetData struct {
	Key     string
	In, Out []string
	Values  []facetValue
	// More is how many further values there are.
	More int
}

// facetValue is a value as it stands behind its key, and how many connections have it. Label is what is shown where
// that is something else, Note what the number of a port is known for.
type facetValue struct {
	Text  string
	Count *int32 // nil for a chosen value that is not counted, such as a range
	Label string
	Note  string
}

// tellFacets returns the facets of a view as a message, nil where its viewers have them as they are, or where they were
// told less than [facetPace] ago.
func (v *view) tellFacets(at time.Time) []byte {
	since := at.Sub(v.facetsAt)
	if v.facets == nil {
		return nil
	}
	turn := v.facets.changed()
	if v.facetsTold != nil && (turn == v.facetsTurn || since >= 0 && since < facetPace) {
		return nil
	}
	message := v.facets.message(&v.rests)
	v.facetsAt, v.facetsTurn = at, turn
	if bytes.Equal(message, v.facetsTold) {
		return nil
	}
	v.facetsTold = message
	return message
}

// data returns all facets.
func (s *facetSet) data() []facetData {
	all := make([]facetData, len(s.facets))
	for i, f := range s.facets {
		all[i] = s.one(f)
	}
	return all
}

// one returns a facet.
func (s *facetSet) one(f *facet) facetData {
	data := facetData{Key: f.key, In: f.in, Out: f.out}
	best, more := f.best(s)
	data.More = more
	for _, n := range best {
		data.Values = append(data.Values, s.value(f, n))
	}
	for _, text := range slices.Concat(f.in, f.out) {
		if !slices.ContainsFunc(data.Values, func(v facetValue) bool { return v.Text == text }) {
			data.Values = append(data.Values, s.chosen(f, text))
		}
	}
	return data
}

// best returns the numbers with the greatest counts, and how many more are counted. Equal counts are in the order of
// their names. States, directions and protocols are few and stay in their own order, so that they do not move.
func (f *facet) best(s *facetSet) (best []int32, more int) {
	counts := f.counts()
	if f.key == "state" || f.key == "dir" || f.key == "proto" {
		for n, count := range counts {
			if count > 0 && s.name(f, int32(n)) != "" {
				best = append(best, int32(n))
			}
		}
		return best, 0
	}
	order := func(a, b int32) int {
		if counts[a] != counts[b] {
			return int(counts[b]) - int(counts[a])
		}
		return s.compare(f, a, b)
	}
	for i := 1; i < len(counts); i++ {
		n := int32(i)
		switch {
		case counts[n] <= 0:
			continue
		case len(best) == facetValues && order(best[facetValues-1], n) <= 0:
			more++
			continue
		case len(best) == facetValues:
			more++
			best = best[:facetValues-1]
		}
		at, _ := slices.BinarySearchFunc(best, n, order)
		best = slices.Insert(best, at, n)
	}
	return best, more
}

// compare orders two numbers of a facet by what they stand for, without making texts of them.
func (s *facetSet) compare(f *facet, a, b int32) int {
	switch f.key {
	case "proc":
		return strings.Compare(s.book.processes.values[a], s.book.processes.values[b])
	case "user":
		return strings.Compare(s.book.users.values[a], s.book.users.values[b])
	case "rip":
		return s.book.addresses.values[a].Compare(s.book.addresses.values[b])
	}
	return int(a) - int(b)
}

// name returns what a number of a facet stands for.
func (s *facetSet) name(f *facet, n int32) string {
	switch f.key {
	case "state":
		if poller.State(n) == poller.StateUnknown {
			return ""
		}
		return poller.State(n).String()
	case "proc":
		return s.book.processes.values[n]
	case "dir":
		return poller.Direction(n).String()
	case "rip":
		return s.book.addresses.values[n].String()
	case "user":
		return s.book.users.values[n]
	case "proto":
		return poller.Protocol(n).String()
	}
	return decimalText(n)
}

// value returns a counted value.
func (s *facetSet) value(f *facet, n int32) facetValue {
	name, count := s.name(f, n), int32(0)
	if int(n) < len(f.counts()) { // else nothing has had it yet
		count = f.counts()[n]
	}
	v := facetValue{Text: query.QuoteValue(name), Count: &count, Label: name}
	switch f.key {
	case "proc":
		v.Text = exactText(n, &s.book.processes, f)
	case "user":
		v.Text = exactText(n, &s.book.users, f)
	case "port":
		v.Note = portName(uint16(n))
	}
	if v.Label == v.Text {
		v.Label = ""
	}
	return v
}

// exactText returns a name as a value: as it is where it is a part of no other name, and with "=" before it where it
// is. What was chosen without it stays so.
func exactText(n int32, names *nameIndex, f *facet) string {
	name := names.values[n]
	if strings.HasPrefix(name, "=") {
		return query.QuoteValue("=" + name)
	}
	text := query.QuoteValue(name)
	if !slices.Contains(f.in, text) && !slices.Contains(f.out, text) && names.isPart(n) {
		return query.QuoteValue("=" + name)
	}
	return text
}

// chosen returns a value that was chosen and is not among the greatest, with its count where there is one.
func (s *facetSet) chosen(f *facet, text string) facetValue {
	if n, known := s.number(f, text); known {
		v := s.value(f, n)
		v.Text = text
		return v
	}
	return facetValue{Text: text}
}

// number returns the number that a value as it is written has, and whether it has one.
func (s *facetSet) number(f *facet, text string) (n int32, known bool) {
	switch f.key {
	case "port":
		port, err := strconv.ParseUint(text, 10, 16)
		return int32(port), err == nil
	case "rip":
		if a, err := netip.ParseAddr(text); err == nil {
			n = s.book.addresses.numbers[a]
		}
	case "proc":
		n = numberOf(s.book.processes.numbers, text)
	case "user":
		n = numberOf(s.book.users.numbers, text)
	default:
		for n := range int32(poller.NumStates) { // the longest of these lists
			if s.name(f, n) == text {
				return n, true
			}
		}
	}
	return n, n > 0
}

// numberOf finds a name by how it is written, with or without "=".
func numberOf(numbers map[string]int32, text string) int32 {
	for name, n := range numbers {
		if query.QuoteValue(name) == text || query.QuoteValue("="+name) == text {
			return n
		}
	}
	return 0
}

// decimalText returns a number in digits.
func decimalText(n int32) string { return value{kind: integer, number: int64(n)}.String() }

// portName names what a port is for, whichever protocol.
func portName(port uint16) string {
	if name := serviceName(port, poller.TCP.String()); name != "" {
		return name
	}
	return serviceName(port, poller.UDP.String())
}
