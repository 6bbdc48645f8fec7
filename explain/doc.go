// Package explain says in words what the facts of a connection mean: each TCP state in general, what the state of one
// connection means here and who has to act, the way it took through the state diagram of RFC 9293, and the figures of
// struct tcp_info with their units.
//
// Everything is a pure function of values. Sentences are for the reader of a page; names in them come from outside and
// are left as they are, to be made visible by who shows them.
package explain
