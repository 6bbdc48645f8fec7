// Package load opens many sockets of chosen kinds on loopback and holds them, so that a measurement or a browser test
// finds a machine with as many connections as it needs. The sockets are shared out over several processes (a Crew),
// because a process may hold only so many descriptors, and because a machine with many sockets has many owners.
//
// Nothing leaves the machine: every address is in 127.0.0.0/8 or is ::1.
package load
