package actions

import (
	"net/netip"
)

// Verb is what can be done.
type Verb string

// The verbs. There are no others: no other signal is ever sent.
const (
	Close     Verb = "close"     // ends one TCP connection (SOCK_DESTROY)
	Terminate Verb = "terminate" // asks one process to end (SIGTERM)
	Kill      Verb = "kill"      // ends one process at once (SIGKILL)
)

// Process is the whole identity of a process.
type Process struct {
	// Boot is the boot id of the machine (/proc/sys/kernel/random/boot_id).
	Boot string
	// PID is its number, Start its start in clock ticks since boot (field 22 of /proc/PID/stat).
	PID   int32
	Start uint64
	// Instance is the number of its pidfd's inode, which is no other process's until the machine is started again
	// (Linux 6.9); 0 where the system does not tell it.
	Instance uint64
	// Name is what it calls itself: any bytes, 15 at most.
	Name string
}

// Connection is the whole identity of a TCP connection.
type Connection struct {
	// Cookie is the kernel's identity of the socket.
	Cookie uint64
	// IPv6 tells the family of the socket; a v4-mapped address of such a one is given as IPv4.
	IPv6 bool
	// Local and Remote are its ends; link-local addresses have a zone.
	Local, Remote netip.AddrPort
	// State is its state in the words of poller.State, such as "ESTABLISHED".
	State string
}

// Target is what is to end: a process for [Terminate] and [Kill], a connection for [Close]; the other one is zero. Two
// targets are the same where they are equal.
type Target struct {
	Process    Process
	Connection Connection
}

// fits reports whether the verb is one, and can be done to such a target.
func (v Verb) fits(t Target) bool {
	switch v {
	case Close:
		return t.Process == Process{} && t.Connection != Connection{}
	case Terminate, Kill:
		return t.Connection == Connection{} && t.Process != Process{}
	}
	return false
}
