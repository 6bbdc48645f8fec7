package query

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Name is a name in a filter that stands for addresses, which somebody has to look up: see [Query.Resolve].
type Name struct {
	// Text is a host name in lower case, or the name of an interface of this machine if Interface is set.
	Text      string
	Interface bool
}

// binding is what a filter needs to know of the world: the present, and the addresses of names.
type binding struct {
	// now is the present, or the zero time for the one that the node has already.
	now time.Time
	// addresses looks a name up, nil for those that the node has already.
	addresses func(Name) []netip.Addr
}

// boundValue is a value that depends on more than the connection.
type boundValue interface {
	value
	// bind returns the value with what is bound.
	bind(b *binding) value
}

// At returns q for the moment now: what depends on ages is judged by it. A query that was given no moment judges by
// the clock at each match.
func (q Query) At(now time.Time) Query {
	if q.Timed() {
		q.filter = q.filter.bind(&binding{now: now})
	}
	return q
}

// Timed reports whether a connection that does not change can begin or cease to match as time goes by.
func (q Query) Timed() bool {
	return slices.ContainsFunc(q.values(), func(v value) bool {
		switch v := v.(type) {
		case *aged:
			return true
		case *condition:
			return v.until != 0
		}
		return false
	})
}

// Lookups returns the names that are to be looked up before the query can match, each once, in order.
func (q Query) Lookups() []Name {
	var names []Name
	for _, v := range q.values() {
		if n, ok := v.(*named); ok && !slices.Contains(names, n.name) {
			names = append(names, n.name)
		}
	}
	return names
}

// Resolve returns q with the addresses of its names. It is printed as before. A name without addresses matches
// nothing. The function is called at once, for each value that has a name.
func (q Query) Resolve(addresses func(Name) []netip.Addr) Query {
	if len(q.Lookups()) > 0 {
		q.filter = q.filter.bind(&binding{addresses: addresses})
	}
	return q
}

// Identity returns a text that is the same for queries that match the same and are in the same order: [Query.Encode],
// and what its names stand for.
func (q Query) Identity() string {
	var b strings.Builder
	b.WriteString(q.Encode())
	for _, v := range q.values() {
		if n, ok := v.(*named); ok {
			for _, a := range n.addresses {
				b.WriteByte(' ')
				b.WriteString(a.String())
			}
			b.WriteByte(';')
		}
	}
	return b.String()
}

// values returns all values of the filter, those inside of groups too.
func (q Query) values() []value {
	var values []value
	var walk func(nodes []expr)
	walk = func(nodes []expr) {
		for _, e := range nodes {
			switch e := e.(type) {
			case *keyed:
				values = append(values, e.values...)
			case *anyOf:
				walk(e.nodes)
			case *every:
				walk(e.nodes)
			case *negated:
				walk([]expr{e.node})
			}
		}
	}
	walk(q.filter)
	return values
}
