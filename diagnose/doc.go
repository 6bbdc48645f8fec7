// Package diagnose answers what people open netstat for: is it my machine, my router, my line, or that server?
//
// [Run] climbs a ladder of probes, from the cable to a web server's certificate, reports each [Rung] as it is done,
// and draws one [Verdict] from all of them. It sends packets only while it runs; the hosts it contacts are those of
// its [Options]. A probe that is not permitted or not possible here says so and proves nothing.
//
// [Watch] finds trouble in the socket table alone. It is fed with the poller's deltas, costs what changed, remembers what
// is conspicuous, and sends nothing. [Refusals] hears whom this machine has refused, where anybody can.
//
// What was found and how it is worded are kept apart: probes fill in an evidence value, judge turns it into findings
// without looking at anything else, so that every verdict can be tested without a network.
package diagnose
