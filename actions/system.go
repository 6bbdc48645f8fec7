package actions

import (
	"context"
	"errors"
	"time"
)

// system is the seam to the operating system.
type system interface {
	// closing and ending tell what this system and this program can do. They are asked for each page, and quick.
	closing() Ability
	ending() Ability
	// boot returns the boot id.
	boot() (string, error)
	// family returns the PIDs of this program and of all it descends from.
	family() (map[int32]bool, error)
	// pin holds on to whichever process has the PID now; errGone where none has. The caller releases it.
	pin(pid int32) (held, error)
	// socket finds the connection that has the cookie of c, by its ends; errGone where there is none.
	socket(c Connection) (socket, error)
}

// held is a process that was pinned: what is done with it is never done to another, whatever becomes of its PID.
type held interface {
	// facts are read after the process was pinned. They may be another's where it has ended meanwhile, which permitted
	// tells.
	facts() (facts, error)
	// permitted returns errGone where the process is gone, errForbidden where signals to it are refused. Where it
	// returns neither, what facts returned before was of this process.
	permitted() error
	// signal sends SIGTERM, or SIGKILL.
	signal(kill bool) error
	// ended waits for its end, for as long as d and ctx last.
	ended(ctx context.Context, d time.Duration) bool
	release()
}

// facts are what is to be known of a process before it is ended.
type facts struct {
	start, instance uint64
	name            string
	kernel          bool // it is a thread of the kernel
	inside          bool // it lives in a PID namespace within ours
	// young tells that it has no instance and was started so lately that another one with its PID could have the same
	// start. It is only told while that is so.
	young bool
}

// socket is a connection that was found.
type socket interface {
	// now is what it is now.
	now() Connection
	// own tells that this program holds it.
	own() bool
	// destroy ends it, and no other with the same ends.
	destroy() error
	// ended waits for its end, for as long as d and ctx last.
	ended(ctx context.Context, d time.Duration) bool
}

// What the seam's errors are.
var (
	errGone        = errors.New("it is gone")
	errForbidden   = errors.New("the system does not permit it")
	errUnsupported = errors.New("this system cannot do it")
)

// Ability is whether this system and this program can do a thing.
type Ability struct {
	// Possible is false where the system cannot do it; Why says so.
	Possible bool
	Why      string
	// Missing is the right that is missing, "" where none is; How says how it is given.
	Missing, How string
}

// refusal returns why it cannot be done, nil where it can.
func (a Ability) refusal() *Refusal {
	switch {
	case !a.Possible:
		return refuse(Unsupported, a.Why, nil)
	case a.Missing != "":
		return &Refusal{Reason: NotPermitted, Text: "The right " + a.Missing + " is missing.", How: a.How}
	}
	return nil
}

// step is how long a wait lasts before it is looked whether anybody still waits.
const step = 50 * time.Millisecond

// await looks again and again whether something is done, for so long at the most, or until ctx ends.
func await(ctx context.Context, d time.Duration, done func() bool) bool {
	for left := d; ; left -= step {
		if done() {
			return true
		}
		if left <= 0 {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(step):
		}
	}
}
