// Package past remembers what the poller's table does not: which states a socket went through and when, the last
// values of connections that are over, and the bytes of connections that somebody looks at.
//
// It is fed with the poller's deltas. A quiet socket costs nothing but the memory of its state, a change costs a look
// at what changed, and bytes are kept only of what is looked at. Everything is bounded by [Limits]: what is oldest is
// forgotten first.
package past
