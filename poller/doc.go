// Package poller knows which sockets exist on this machine, who owns them and what changed since the last look.
//
// A source (netlink on Linux, gopsutil elsewhere or where netlink is refused) lists all sockets; [Diff] compares the
// list with the [Table] of what was there before; owners are looked up for what is new; the table takes the change
// over and observers are told. One goroutine, [Poller.Run], does all of this, one poll at a time, and only while
// somebody watches or asks.
//
// A list that is not whole (a dump refused, interrupted or cut off) changes nothing: the table stays as it was and
// its [Status] says that it is stale and why.
package poller
