// Package occupancy says who holds which port: it judges the rows of one table of sockets, and what is known of ports
// beside them, and binds nothing itself.
//
// A port is of a protocol: 53/tcp and 53/udp have nothing to do with each other. It can be held by sockets that wait
// for others, by sockets that are only bound, by connections that go out from it, and by what is left of those that
// came in. From that, and from the rules of the system, follows whether it could be bound: a prediction, which says on
// what it rests, until somebody has it tried.
package occupancy
