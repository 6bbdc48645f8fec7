package web

import (
	"sockeye/poller"
	"sockeye/query"
)

// pairs finds the other end of connections within the machine, for views that join the two. It is kept only while there
// is such a view.
type pairs struct {
	// seq is that of the table that the ends are taken from.
	seq uint64
	// ends are the rows that have a peer, or had one.
	ends map[poller.ID]pairEnd
}

// pairEnd is a row with the peer that it had when it was named last.
type pairEnd struct {
	number int32
	peer   poller.ID
}

// join makes the roster know all pairs of the table.
func (r *roster) join(t *poller.Table) {
	if r.pairs == nil {
		r.pairs = &pairs{seq: never, ends: map[poller.ID]pairEnd{}}
	}
	if r.pairs.seq == t.Status().Seq {
		return
	}
	r.pairs.seq = t.Status().Seq
	for id := range r.pairs.ends {
		if _, there := t.Get(id); !there {
			delete(r.pairs.ends, id)
		}
	}
	for c := range t.All() {
		if _, there := r.pairs.ends[c.ID]; c.Peer != 0 && !there {
			r.pairs.ends[c.ID] = pairEnd{r.number(c), c.Peer}
		}
	}
}

// peer returns the row of the other end, nil where there is none or pairs are not joined.
func (r *roster) peer(c *poller.Connection) *poller.Connection {
	if c.Peer == 0 || r.pairs == nil {
		return nil
	}
	end, there := r.pairs.ends[c.Peer]
	if !there {
		return nil
	}
	if other := r.rows[end.number]; other != nil && other.ID == c.Peer && other.Peer == c.ID {
		return other
	}
	return nil
}

// keeps reports whether a row is a line of the query. Of a pair that is joined the end that called is one where either
// end matches.
func (r *roster) keeps(q *query.Query, c *poller.Connection) bool {
	if q.Pair() {
		if other := r.peer(c); other != nil {
			return c.Leads(other) && (q.Match(c) || q.Match(other))
		}
	}
	return q.Match(c)
}

// touch brings the pairs up to date with the rows that are marked, and marks the other ends of those: what a line shows
// of them changes with them.
func (r *roster) touch(seq uint64) {
	if r.pairs == nil {
		return
	}
	if r.pairs.seq == never || seq > r.pairs.seq {
		r.pairs.seq = seq
	}
	named := len(r.fresh)
	for _, n := range r.closed {
		delete(r.pairs.ends, r.rows[n].ID)
		r.touchEnd(r.rows[n].Peer)
	}
	for i := range named {
		c := r.rows[r.fresh[i]]
		before := r.pairs.ends[c.ID].peer
		if c.Peer != 0 {
			r.pairs.ends[c.ID] = pairEnd{r.fresh[i], c.Peer}
		} else if before != 0 {
			delete(r.pairs.ends, c.ID)
		}
		r.touchEnd(c.Peer)
		r.touchEnd(before)
	}
}

// touchEnd marks an end as changed where the delta does not name it itself.
func (r *roster) touchEnd(id poller.ID) {
	end, there := r.pairs.ends[id]
	if id == 0 || !there || r.rows[end.number] == nil || r.marks[end.number] != 0 {
		return
	}
	r.marks[end.number] = markChanged
	r.fresh = append(r.fresh, end.number)
}
