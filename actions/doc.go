// Package actions ends things for the owner of this machine: one TCP connection, or one process. Nothing else.
//
// What is to end is named by its whole identity, never by a number that can be given to another: a process by boot id,
// PID, start in clock ticks and name, a connection by the kernel's cookie, both ends and state. A process is pinned by a
// pidfd before it is looked at, so that the signal cannot go to another one, however the PID is used meanwhile.
//
// Nothing happens without a confirmation: a number of 128 random bits that [Actor.Confirm] hands out for one verb and one
// target, and that [Actor.Do] takes once, not sooner than half a second and not later than 30 seconds after. Whom that
// is handed to is decided by [Owner].
//
// Each act is written to the audit log before it is done; where that cannot be written nothing is done. The other rules
// stand with what they guard: denied targets in deny.go, the pace in pace.go, who may ask in owner.go.
package actions
