// Package netinfo tells what this machine's network is made of: its interfaces with their addresses and counters
// (netstat -i), its routes (-r), its neighbours on the local network, and its protocol counters (-s).
//
// It reads and never changes anything, sends no packet, and starts no goroutine. Linux tells all of it by route netlink
// and /proc/net, macOS and the BSDs routes and neighbours by their routing table; elsewhere what cannot be known is reported as [ErrUnknown], never as an empty list.
package netinfo

import "errors"

// ErrUnknown is wrapped by the error of a reading that this operating system has no way for here. Callers show it as
// "not known on this system".
var ErrUnknown = errors.New("not known on this system")
