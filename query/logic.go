package query

import (
	"slices"
	"strings"

	"sockeye/poller"
)

// maxDepth is how deep groups may stand in each other at the most.
const maxDepth = 32

// anyOf holds where any of its nodes does. It has two or more, none of which is an anyOf.
type anyOf struct{ nodes []expr }

// every holds where all of its nodes do. It has two or more, none of which is an every; it stands inside of other
// nodes only, since a filter is a list of terms that all hold by itself.
type every struct{ nodes []expr }

// negated holds where its node does not, which is an anyOf or an every.
type negated struct{ node expr }

// match stops at the first node that holds.
func (a *anyOf) match(c *poller.Connection) bool {
	for _, e := range a.nodes {
		if e.match(c) {
			return true
		}
	}
	return false
}

// match stops at the first node that does not hold.
func (a *every) match(c *poller.Connection) bool { return all(a.nodes).match(c) }

// match is the opposite of the node's.
func (n *negated) match(c *poller.Connection) bool { return !n.node.match(c) }

// term returns the alternatives with "or" between them.
func (a *anyOf) term() Term { return groupTerm(a.nodes, " or ") }

// term returns the nodes with spaces between them.
func (a *every) term() Term { return groupTerm(a.nodes, " ") }

// term returns the node's term, turned round.
func (n *negated) term() Term {
	t := n.node.term()
	t.Not = true
	return t
}

// groupTerm writes nodes as one term.
func groupTerm(nodes []expr, between string) Term {
	texts := make([]string, len(nodes))
	for i, e := range nodes {
		texts[i] = e.term().String()
	}
	return Term{Values: []string{strings.Join(texts, between)}, Group: true}
}

// size returns how many values and words the nodes have.
func (a *anyOf) size() int   { return all(a.nodes).size() }
func (a *every) size() int   { return all(a.nodes).size() }
func (n *negated) size() int { return n.node.size() }

// depth returns how many pairs of parentheses stand in each other when the node is printed.
func (a *anyOf) depth() int   { return 1 + all(a.nodes).depth() }
func (a *every) depth() int   { return 1 + all(a.nodes).depth() }
func (n *negated) depth() int { return n.node.depth() }

// bind hands what is bound on to the nodes.
func (a *anyOf) bind(b *binding) expr   { return &anyOf{all(a.nodes).bind(b)} }
func (a *every) bind(b *binding) expr   { return &every{all(a.nodes).bind(b)} }
func (n *negated) bind(b *binding) expr { return &negated{n.node.bind(b)} }

// newEvery joins nodes that must all hold. There is at least one.
func newEvery(nodes []expr) expr {
	var flat all
	for _, e := range nodes {
		if inner, ok := e.(*every); ok {
			flat = append(flat, inner.nodes...)
		} else {
			flat = append(flat, e)
		}
	}
	flat = all(nil).with(flat)
	if len(flat) == 1 {
		return flat[0]
	}
	return &every{flat}
}

// newAny joins alternatives, of which there is at least one. Alternatives of the same key become one term with
// several values, and the same ports or addresses of this end and of the other become those of either end, so that
// what can be a plain term is one.
func newAny(nodes []expr) expr {
	var flat []expr
	for _, e := range nodes {
		if inner, ok := e.(*anyOf); ok {
			flat = append(flat, inner.nodes...)
		} else {
			flat = append(flat, e)
		}
	}
	flat = mergeKeys(flat)
	for _, ends := range [][3]string{{"lport", "rport", "port"}, {"lip", "rip", "ip"}} {
		flat = mergeEnds(flat, ends[0], ends[1], ends[2])
	}
	flat = all(nil).with(mergeKeys(flat))
	if len(flat) == 1 {
		return flat[0]
	}
	return &anyOf{flat}
}

// mergeKeys puts the values of later terms of a key to those of the first.
func mergeKeys(nodes []expr) []expr {
	var merged []expr
	for _, e := range nodes {
		k, ok := e.(*keyed)
		at := -1
		if ok && !k.not {
			at = findTerm(merged, k.key)
		}
		if at < 0 {
			merged = append(merged, e)
			continue
		}
		first := merged[at].(*keyed)
		merged[at] = &keyed{key: first.key, values: uniqueValues(slices.Concat(first.values, k.values))}
	}
	return merged
}

// mergeEnds puts a term of either end in place of two that ask the same of the local and of the remote one.
func mergeEnds(nodes []expr, local, remote, either string) []expr {
	i, j := findTerm(nodes, findKey(local)), findTerm(nodes, findKey(remote))
	if i < 0 || j < 0 || nodes[i].(*keyed).term().valueText() != nodes[j].(*keyed).term().valueText() {
		return nodes
	}
	key, merged := findKey(either), &keyed{key: findKey(either)}
	for _, v := range nodes[i].(*keyed).values {
		same, err := key.kind.read(key, v.text())
		if err != nil { // cannot be: the keys have the same kind
			return nodes
		}
		merged.values = append(merged.values, same)
	}
	nodes = slices.Clone(nodes)
	nodes[min(i, j)] = merged
	return slices.Delete(nodes, max(i, j), max(i, j)+1)
}

// findTerm returns the place of the term of a key that is not turned round, -1 where there is none.
func findTerm(nodes []expr, of *key) int {
	return slices.IndexFunc(nodes, func(e expr) bool {
		k, ok := e.(*keyed)
		return ok && k.key == of && !k.not
	})
}

// negate turns a node round. What was turned round already is turned back.
func negate(e expr) expr {
	switch e := e.(type) {
	case *keyed:
		return &keyed{key: e.key, not: !e.not, values: e.values}
	case *word:
		turned := *e
		turned.not = !e.not
		return &turned
	case *negated:
		return e.node
	}
	return &negated{e}
}
