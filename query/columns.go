package query

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sockeye/poller"
)

// Column is one column that can be shown and sorted by.
type Column struct {
	// Name is how it is written behind sort= and cols=.
	Name string
	// Title is its heading.
	Title string
	// Numeric is set where its cells are numbers, to be set to the right.
	Numeric bool
}

// Columns returns every column there is, in the order in which help shows them. The caller owns the slice.
func Columns() []Column {
	columns := make([]Column, len(columnTable))
	for i, c := range columnTable {
		columns[i] = c.Column
	}
	return columns
}

// column is an entry of the column table.
type column struct {
	Column
	// field is the name of the same cell in the data contract, which is understood as well.
	field string
	// large is set where the first click asks for the largest: counters, rates, queues, ages.
	large bool
	// known reports whether the cell has a value.
	known func(c *poller.Connection) bool
	// compare orders two connections whose cells are known, as cmp.Compare does.
	compare func(a, b *poller.Connection) int
}

// columnTable is the one table of columns, in the order of the page. It is never changed. Where known is false for a
// connection, compare is not called with it, so that a counter that the source could not give is never read as 0.
var columnTable = []*column{
	{Column{"proto", "Protocol", false}, "protocol", false, always,
		by(func(c *poller.Connection) poller.Protocol { return c.Protocol })},
	{Column{"state", "State", false}, "state", false,
		func(c *poller.Connection) bool { return c.State != poller.StateUnknown },
		by(func(c *poller.Connection) poller.State { return c.State })},
	{Column{"local", "Local address", false}, "local_address", false, always,
		func(a, b *poller.Connection) int { return a.Local.Compare(b.Local) }},
	{Column{"remote", "Remote address", false}, "remote_address", false, (*poller.Connection).Connected,
		func(a, b *poller.Connection) int { return a.Remote.Compare(b.Remote) }},
	{Column{"proc", "Process", false}, "process", false, hasName, byName},
	{Column{"pid", "PID", true}, "pid", false,
		func(c *poller.Connection) bool { return pid(c) >= 0 }, by(pid)},
	{Column{"user", "User", false}, "user", false,
		func(c *poller.Connection) bool { return c.User != "" },
		func(a, b *poller.Connection) int { return compareText(a.User, b.User) }},
	{Column{"age", "Age", true}, "age_seconds", true,
		func(c *poller.Connection) bool { return !since(c).IsZero() }, byAge},
	{Column{"rx", "Received", true}, "bytes_received", true, has(poller.KnownBytes),
		by(func(c *poller.Connection) uint64 { return c.BytesReceived })},
	{Column{"tx", "Sent", true}, "bytes_sent", true, has(poller.KnownBytes),
		by(func(c *poller.Connection) uint64 { return c.BytesSent })},
	{Column{"rxrate", "Receive rate", true}, "receive_rate", true, has(poller.KnownRates),
		by(func(c *poller.Connection) float64 { return c.ReceiveRate })},
	{Column{"txrate", "Send rate", true}, "send_rate", true, has(poller.KnownRates),
		by(func(c *poller.Connection) float64 { return c.SendRate })},
	{Column{"rq", "Receive queue", true}, "receive_queue", true, has(poller.KnownQueues),
		by(func(c *poller.Connection) uint32 { return c.ReceiveQueue })},
	{Column{"sq", "Send queue", true}, "send_queue", true, has(poller.KnownQueues),
		by(func(c *poller.Connection) uint32 { return c.SendQueue })},
	{Column{"rtt", "Round-trip time", true}, "rtt_ms", true, has(poller.KnownRTT),
		by(func(c *poller.Connection) uint32 { return c.RTT })},
	{Column{"retr", "Retransmits", true}, "retransmits", true, has(poller.KnownRetransmits),
		by(func(c *poller.Connection) uint32 { return c.Retransmits })},
	{Column{"dir", "Direction", false}, "direction", false,
		func(c *poller.Connection) bool { return c.Direction != poller.DirectionUnknown },
		by(func(c *poller.Connection) poller.Direction { return c.Direction })},
	{Column{"fam", "Family", false}, "family", false, always,
		by(func(c *poller.Connection) poller.Family { return c.Family })},
	{Column{"port", "Local port", true}, "local_port", false, always,
		by(func(c *poller.Connection) uint16 { return c.Local.Port() })},
	{Column{"rport", "Remote port", true}, "remote_port", false, (*poller.Connection).Connected,
		by(func(c *poller.Connection) uint16 { return c.Remote.Port() })},
	{Column{"uid", "User id", true}, "uid", false, has(poller.KnownUID),
		by(func(c *poller.Connection) uint32 { return c.UID })},
	{Column{"opened", "Opened at", true}, "opened_at", true, has(poller.KnownOpened), byTime(
		func(c *poller.Connection) time.Time { return c.Opened })},
	{Column{"seen", "First seen at", true}, "first_seen", true,
		func(c *poller.Connection) bool { return !c.FirstSeen.IsZero() }, byTime(
			func(c *poller.Connection) time.Time { return c.FirstSeen })},
	{Column{"id", "Id", false}, "id", false, always,
		by(func(c *poller.Connection) poller.ID { return c.ID })},
	{Column{"peer", "Id of the other end", false}, "peer_id", false,
		func(c *poller.Connection) bool { return c.Peer != 0 },
		by(func(c *poller.Connection) poller.ID { return c.Peer })},
	{Column{"drops", "Dropped datagrams", true}, "drops", true, has(poller.KnownDrops),
		by(func(c *poller.Connection) uint64 { return uint64(c.Drops) })},
	{Column{"spark", "Traffic of the last minute", true}, "rate", true, has(poller.KnownRates),
		by(func(c *poller.Connection) float64 { return c.ReceiveRate + c.SendRate })},
}

// findColumn returns the column of that name, short or of the data contract, or nil.
func findColumn(name string) *column {
	i := slices.IndexFunc(columnTable, func(c *column) bool { return c.Name == name || c.field == name })
	if i < 0 {
		return nil
	}
	return columnTable[i]
}

// by compares by a fact that has an order of its own.
func by[T cmp.Ordered](fact func(c *poller.Connection) T) func(a, b *poller.Connection) int {
	return func(a, b *poller.Connection) int { return cmp.Compare(fact(a), fact(b)) }
}

// has reports whether the source knew these facts.
func has(want poller.Known) func(c *poller.Connection) bool {
	return func(c *poller.Connection) bool { return c.Known.Has(want) }
}

// always is for cells that are never unknown.
func always(*poller.Connection) bool { return true }

// hasName reports whether the process is known.
func hasName(c *poller.Connection) bool { return c.Owner != nil }

// byName compares the names of two processes that are known.
func byName(a, b *poller.Connection) int { return compareText(a.Owner.Name, b.Owner.Name) }

// compareText orders names as readers look for them, case aside, and equal ones by their bytes.
func compareText(a, b string) int {
	return cmp.Or(compareFolded(a, b), strings.Compare(a, b))
}

// since returns the moment from which the age is counted: see [poller.Connection.Age]. For a socket that was found
// already there it is when it was seen first, since its age is at least that.
func since(c *poller.Connection) time.Time {
	if c.Known.Has(poller.KnownOpened) {
		return c.Opened
	}
	return c.FirstSeen
}

// byTime compares moments, by the wall clock as byAge does.
func byTime(of func(c *poller.Connection) time.Time) func(a, b *poller.Connection) int {
	return func(a, b *poller.Connection) int { return of(a).Round(0).Compare(of(b).Round(0)) }
}

// byAge compares ages. It looks at the wall clock only: times with and without a monotonic reading have no common order.
func byAge(a, b *poller.Connection) int {
	return since(b).Round(0).Compare(since(a).Round(0))
}
