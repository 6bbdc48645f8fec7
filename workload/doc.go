// Package workload tells what processes do with the network: which have connections and how many, what they transfer, with
// whom, and whether something of theirs grows that should not. It reads the poller's table and asks the system nothing.
package workload
