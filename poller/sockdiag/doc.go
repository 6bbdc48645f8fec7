// Package sockdiag speaks the part of Linux's sock_diag netlink protocol that lists Internet sockets: the wire format
// of inet_diag requests and answers, and one netlink socket that carries them.
//
// The codec has no build tags: it turns bytes into values on every system, so that it is tested and fuzzed
// everywhere. Only [Dial] needs Linux. All integers on the wire are in the byte order of the machine, but for ports
// and addresses, which are in network order (linux/inet_diag.h).
//
// A dump is whole or it is an error. In particular the errno that the kernel hides in the NLMSG_DONE message is
// read: a dump that was refused would otherwise look like a machine without sockets.
package sockdiag
