// Package owner tells whose program this is, and who is at the other end of a connection within this machine.
//
// Users are written as the system writes them: a number in decimal where users have numbers, a security identifier
// ("S-1-5-21-…") on Windows. They are compared and never interpreted.
package owner

import "errors"

// ErrUnknown is wrapped by the error of [OfPeer] where the system does not tell, or not for certain, whose the other end
// is.
var ErrUnknown = errors.New("it is not known which user is at the other end")
