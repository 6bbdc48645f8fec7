// Package ports is what is known of port numbers: the services they are registered for or commonly used by, the
// ranges of RFC 6335, and how a port is asked for.
//
// The names come from a table that is part of the program (names.tsv). It has the numbers people meet, not the whole
// registry; a number that is not in it is not therefore unassigned.
package ports
