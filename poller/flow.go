package poller

import "time"

// Flow is what came, went and moved between two polls.
type Flow struct {
	// Elapsed is the real time that the flow took; 0 where nothing is known of it: at the first poll, and after a time
	// in which nobody watched or the machine slept.
	Elapsed time.Duration
	// BytesReceived and BytesSent are the payload bytes of all TCP connections, those included that lived between the
	// two polls. A connection within this machine counts at both of its ends. They are known where Counted is set.
	BytesReceived, BytesSent uint64
	Counted                  bool
	// Opened and Closed count the sockets that came and went. Those that lived between the two polls are in both where
	// the kernel told of their end; elsewhere nobody knows of them. One in TIME_WAIT has not gone yet.
	Opened, Closed int
}

// Plus returns the flow of two times that follow each other.
func (f Flow) Plus(g Flow) Flow {
	return Flow{
		Elapsed: f.Elapsed + g.Elapsed, BytesReceived: f.BytesReceived + g.BytesReceived,
		BytesSent: f.BytesSent + g.BytesSent, Counted: f.Counted && g.Counted,
		Opened: f.Opened + g.Opened, Closed: f.Closed + g.Closed,
	}
}

// move adds the bytes by which a connection's counters have risen.
func (f *Flow) move(old, now *Socket) {
	if !f.Counted || !old.Known.Has(KnownBytes) || !now.Known.Has(KnownBytes) {
		return
	}
	f.BytesReceived += f.risen(old.BytesReceived, now.BytesReceived)
	f.BytesSent += f.risen(old.BytesSent, now.BytesSent)
}

// risen returns by how much a counter has risen, 0 where it was reset.
func (f *Flow) risen(old, now uint64) uint64 {
	if now < old || float64(now-old) > maxRate*f.Elapsed.Seconds() {
		return 0
	}
	return now - old
}

// begin makes the table count what moves in one poll; counted tells that its source knows of bytes.
func (t *Table) begin(elapsed time.Duration, counted bool) {
	t.status.Flow = Flow{Elapsed: elapsed, Counted: counted && elapsed > 0}
}

// flowed notes what came and went in a poll whose rows and endings are in the table.
func (t *Table) flowed(d *Delta) {
	f := &t.status.Flow
	if f.Elapsed == 0 {
		return
	}
	f.Opened, f.Closed = len(d.Opened), len(d.Closed)
	for i := range d.Ended {
		e := &d.Ended[i]
		if e.Seen {
			continue
		}
		if e.Final {
			f.move(&Socket{Known: KnownBytes}, &e.Socket)
		}
		if t.rowOf(e.ID) == nil {
			f.Opened++
			f.Closed++
		}
	}
}
