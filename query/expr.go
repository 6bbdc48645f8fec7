package query

import (
	"slices"

	"sockeye/poller"
)

// expr is a node of the filter: something that holds for a connection or does not, and can be written as one term of
// the box. Nodes are never changed.
//
// A node that is no plain term, such as an alternative of two keys, would be one Term without a key as well: its text
// goes to q= as a whole, and parseTerm is where it would be read.
type expr interface {
	// match reports whether the node holds. It is called for every connection of a poll and allocates nothing.
	match(c *poller.Connection) bool
	// term returns the node for showing and printing. Equal terms are equal nodes.
	term() Term
}

// all holds where each of its nodes holds; nil holds for everything.
type all []expr

// match reports whether every node holds.
func (a all) match(c *poller.Connection) bool {
	for _, e := range a {
		if !e.match(c) {
			return false
		}
	}
	return true
}

// with returns a and those of more that are not in it yet, in order.
func (a all) with(more []expr) all {
	seen := make(map[string]bool, len(a)+len(more))
	sum := make(all, 0, len(a)+len(more))
	for _, e := range slices.Concat(a, more) {
		text := e.term().String()
		if !seen[text] {
			seen[text] = true
			sum = append(sum, e)
		}
	}
	return sum
}

// keyed is a term with a key: it holds where any of its values does, or none if not is set.
type keyed struct {
	key    *key
	not    bool
	values []value
}

// value is one alternative of a keyed term, made by the key's kind. Its text is canonical: the kind reads it back as
// an equal value.
type value interface {
	// match reports whether the value is one of the facts that its key looks at.
	match(c *poller.Connection) bool
	// text returns the value without quotes.
	text() string
}

// match stops at the first value that holds.
func (k *keyed) match(c *poller.Connection) bool {
	for _, v := range k.values {
		if v.match(c) {
			return !k.not
		}
	}
	return k.not
}

// term returns the term with its values in the order in which they were written.
func (k *keyed) term() Term {
	t := Term{Key: k.key.Name, Not: k.not, Values: make([]string, len(k.values))}
	for i, v := range k.values {
		t.Values[i] = v.text()
	}
	return t
}
