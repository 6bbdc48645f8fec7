package poller

import (
	"time"

	"sockeye/poller/sockdiag"
)

// Status is what is known of the table as a whole.
type Status struct {
	// Seq counts completed polls; 0 before the first.
	Seq uint64
	// At is when the table was last whole; zero before the first poll.
	At time.Time
	// Source is "netlink" or "gopsutil".
	Source string
	// Interval is the time between polls now; longer than asked for when polls are slow.
	Interval time.Duration
	// Complete is false where rows may be missing: the last poll failed or was cut off, or the source may not be shown
	// all of them.
	Complete bool
	// Stale says in one sentence why the last poll did not give a whole table, and is "" when it did.
	Stale string
	// Notes are sentences for the reader about what this table cannot show.
	Notes []string
	// Counts is the number of sockets in each state.
	Counts Counts
	// Gap tells that nothing is known of the time since the poll before the last: nobody watched, or the machine slept.
	Gap bool
	// Flow is what came, went and moved since the poll before.
	Flow Flow
	// Took is how long the last poll took, from asking for the sockets to knowing their owners.
	Took time.Duration
	// Ended counts the connections whose end the kernel told of since the start, EndingsLost those of its messages
	// that were dropped because they were not read in time. Both stay 0 where the source hears of no endings.
	Ended, EndingsLost uint64
	// EndingsInterrupted counts how often the kernel's telling of ends broke off, or was refused, since the start.
	EndingsInterrupted uint64
}

// Ending is a connection that is over, with its last values.
type Ending struct {
	// Connection has, where Final is set, the last bytes, round-trip time and retransmits as the kernel told them;
	// it tells none of an end that this machine reset. Owner and the times are those of its row where it had one; a
	// connection that lived between two polls has none of them.
	Connection
	// At is when its end was heard of.
	At time.Time
	// Seen tells that it was in the table.
	Seen bool

	info *sockdiag.Info // the kernel's counters, until the listeners of the same poll are known
}

// Delta is what one poll changed. Its rows are valid for the length of an observer's call.
type Delta struct {
	Status
	// Opened, Changed and Closed hold the rows; Closed has their last values. A row may be named in Changed more than
	// once, and every row of which anything changed is named.
	Opened, Changed, Closed []*Connection
	// ClockSet tells that the wall clock was set since the poll before: the times of all rows and of the history have
	// moved with it.
	ClockSet bool
	// Ended are the connections whose end the kernel told of since the poll before, oldest first: those that lived
	// between two polls included. It is empty where the source hears of no endings.
	Ended []Ending
}

// Sample is one point of the history: how many sockets were in each state at a moment, and what came, went and moved
// since the sample before.
type Sample struct {
	At     time.Time
	Counts Counts
	Flow
	// Gap tells that nothing is known of the time between the sample before and this one: nobody watched, or the
	// machine slept.
	Gap bool
}
