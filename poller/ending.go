package poller

import "sockeye/poller/sockdiag"

// finalBytes returns the payload bytes of a connection that is over. The kernel's counters count a SYN and a FIN like
// a byte each: a FIN of ours that the peer acknowledged stands behind all we sent, and with it goes, but for a reset
// in between, a FIN of the peer behind all we received. passive tells that the peer sent the first SYN.
func finalBytes(i *sockdiag.Info, passive, peerClosed bool) (received, sent uint64) {
	received, sent = i.BytesReceived, i.BytesAcked
	if !i.HasSent {
		return received, sent
	}
	sent = i.BytesSent - min(i.BytesRetrans, i.BytesSent)
	acked := i.BytesAcked
	if !passive && acked > 0 {
		acked-- // our SYN
	}
	if (peerClosed || acked > sent) && received > 0 {
		received--
	}
	return received, sent
}

// end takes in what the kernel told of ended connections before a dump, and returns it joined with the rows as they
// were. Rows that are there get the final values, so that they leave the table, or wait in TIME_WAIT, with them.
func (t *Table) end(ends []end, zone func(uint32) string) []Ending {
	out := t.memory.ended[:0]
	for i := range ends {
		e := &ends[i]
		if e.record.Destination.Port() != 0 {
			out = append(out, t.endOne(e, zone))
		} else if row := t.lastOf(ID(e.record.Cookie)); row != nil && row.Connected() {
			// Reset by this end: the kernel clears the socket before it goes, so the row's are the last values known.
			out = append(out, Ending{Connection: *row, At: e.at, Seen: true})
		}
	}
	t.memory.ended = out
	return out
}

// endOne takes in the end of one connection.
func (t *Table) endOne(e *end, zone func(uint32) string) Ending {
	s := socketOf(e.record.Protocol, &e.record, zone)
	s.Known &= lastFacts // the last message has neither user nor queues
	row := t.lastOf(s.ID)
	if s.Known.Has(KnownBytes) {
		passive := t.listeners.accepts(&s) || row != nil && row.Direction == Inbound
		s.BytesReceived, s.BytesSent = finalBytes(&e.record.Info, passive, row != nil && row.peerClosed())
	}
	if row == nil {
		c := Connection{Socket: s, FirstSeen: e.at, OwnerNote: OwnerUnsought, Final: true}
		return Ending{Connection: c, At: e.at, info: &e.record.Info}
	}
	t.status.Flow.move(&row.Socket, &s)
	row.finish(&s)
	return Ending{Connection: *row, At: e.at, Seen: true}
}

// lastOf returns the row with the given ID, though the poll before has closed it; nil where there is none.
func (t *Table) lastOf(id ID) *Connection {
	if row := t.rowOf(id); row != nil {
		return row
	}
	return t.closed[id]
}

// keepClosed keeps the rows that a poll closed until the next, which is done with those of the poll before.
func (t *Table) keepClosed(rows []*Connection) {
	for _, c := range t.closed {
		t.memory.release(c)
	}
	clear(t.closed)
	for _, c := range rows {
		t.closed[c.ID] = c
	}
}

// rowOf returns the row with the given ID, nil where there is none.
func (t *Table) rowOf(id ID) *Connection {
	if slot, ok := t.index[id]; ok {
		return t.slots[slot]
	}
	return nil
}

// lastFacts are the facts that the end of a connection settles.
const lastFacts = KnownBytes | KnownRTT | KnownRetransmits

// finish takes over the final values of the connection.
func (c *Connection) finish(s *Socket) {
	c.Final = true
	c.BytesReceived, c.BytesSent, c.RTT, c.Retransmits = s.BytesReceived, s.BytesSent, s.RTT, s.Retransmits
	c.ReceiveRate, c.SendRate = 0, 0
	c.Known = c.Known&^(lastFacts|KnownRates) | s.Known&lastFacts
}

// keepFinal puts the final values that the row had before back into it, where its socket does not tell them any more.
func (c *Connection) keepFinal(old *Socket) {
	if !c.Final || c.Known&lastFacts != 0 {
		return
	}
	c.finish(old)
}

// settle gives rows that are new and have ended already, in TIME_WAIT, their final values, and adds those to changed
// that were there and changed in nothing else. A listener that is as new as the connection is known only now.
func (t *Table) settle(ended []Ending, changed []*Connection) []*Connection {
	for i := range ended {
		e := &ended[i]
		if e.info != nil && e.Known.Has(KnownBytes) && t.listeners.accepts(&e.Socket) {
			e.BytesReceived, e.BytesSent = finalBytes(e.info, true, false)
		}
		e.info = nil
		row := t.rowOf(e.ID)
		switch {
		case row == nil:
		case e.Seen && e.State == row.State && e.Final:
			changed = append(changed, row)
		case !e.Seen && e.Final:
			row.finish(&e.Socket)
		}
	}
	return changed
}
