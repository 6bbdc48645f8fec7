package query

import (
	"slices"

	"sockeye/poller"
)

// expr is a node of the filter: something that holds for a connection or does not, and can be written as one term of
// the box. Nodes are never changed. Plain terms are [keyed] and [word]; what joins them is in logic.go.
type expr interface {
	// match reports whether the node holds. It is called for every connection of a poll and allocates nothing.
	match(c *poller.Connection) bool
	// term returns the node for showing and printing. Equal terms are equal nodes.
	term() Term
	// size returns how many values and words the node has.
	size() int
	// depth returns how many groups stand in each other, 0 for a plain term.
	depth() int
	// bind returns the node with what is bound, or the node itself where it depends on none of it.
	bind(b *binding) expr
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

// size returns how many values and words the nodes have together.
func (a all) size() int {
	n := 0
	for _, e := range a {
		n += e.size()
	}
	return n
}

// depth returns the depth of the deepest node.
func (a all) depth() int {
	deepest := 0
	for _, e := range a {
		deepest = max(deepest, e.depth())
	}
	return deepest
}

// bind hands what is bound on to the nodes.
func (a all) bind(b *binding) all {
	bound := make(all, len(a))
	for i, e := range a {
		bound[i] = e.bind(b)
	}
	return bound
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

// size returns how many values there are.
func (k *keyed) size() int { return len(k.values) }

// depth returns 0.
func (*keyed) depth() int { return 0 }

// bind hands what is bound on to the values that depend on it.
func (k *keyed) bind(b *binding) expr {
	bound := &keyed{key: k.key, not: k.not, values: slices.Clone(k.values)}
	for i, v := range k.values {
		if v, ok := v.(boundValue); ok {
			bound.values[i] = v.bind(b)
		}
	}
	return bound
}

// uniqueValues returns the values without those that were there before.
func uniqueValues(values []value) []value {
	var unique []value
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if !seen[v.text()] {
			seen[v.text()] = true
			unique = append(unique, v)
		}
	}
	return unique
}
