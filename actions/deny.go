package actions

// checkProcess looks at a process that was pinned: whether it is the one that is named, whether it may be ended at all,
// and whether the system permits it.
func (a *Actor) checkProcess(h held, want Process) *Refusal {
	boot, err := a.system.boot()
	if err != nil {
		return refuse(Failed, "The machine's boot id could not be read.", err)
	}
	f, err := h.facts()
	if err != nil {
		return changedProcess(err)
	}
	permitted := h.permitted() // after the facts: it proves whose they are
	now := Process{Boot: boot, PID: want.PID, Start: f.start, Instance: f.instance, Name: f.name}
	switch {
	case is(permitted, errGone), now != want:
		return changedProcess(permitted)
	case f.young:
		return refuse(Changed, "It was started this very moment, and this kernel could not tell it from another that gets its PID at once: try again.", nil)
	case f.kernel:
		return refuse(Denied, "It is a part of the kernel, and nothing ends it.", nil)
	case f.inside:
		return refuse(Denied, "It lives in a PID namespace of its own, as in a container: it is to be ended from there.", nil)
	case is(permitted, errForbidden):
		return &Refusal{Reason: NotPermitted, Text: "It is another user's process: the right " + rightOf(Kill) + " is missing.", How: howToGet, Cause: permitted}
	case permitted != nil:
		return refuse(Failed, "The system did not say whether it permits this.", permitted)
	}
	return nil
}

// changedProcess is what is said of a process that is not the one that was named.
func changedProcess(cause error) *Refusal {
	return refuse(Changed, "The process is gone, or another one by now: nothing was done to what has its PID now.", cause)
}

// deniedPID judges by the number alone: process 0 (which is every one of a group to kill(2)), negative numbers, init, this
// program and all that it descends from.
func (a *Actor) deniedPID(pid int32) *Refusal {
	switch {
	case pid <= 0:
		return refuse(Denied, "There is no process with such a number.", nil)
	case pid == 1:
		return refuse(Denied, "Process 1 keeps the machine running, and is not ended from here.", nil)
	}
	family, err := a.system.family()
	switch {
	case err != nil:
		return refuse(Failed, "What this program descends from could not be read.", err)
	case family[pid]:
		return refuse(Denied, "It is sockeye itself, or what started it.", nil)
	}
	return nil
}

// checkSocket looks at a connection that was found: whether it is the one that is named, and may be closed.
func checkSocket(s socket, want Connection) *Refusal {
	now := s.now()
	switch {
	case now.Cookie != want.Cookie, now.IPv6 != want.IPv6, now.Local != want.Local, now.Remote != want.Remote:
		return changedConnection(nil)
	case now.State != want.State:
		return refuse(Changed, "The connection is in the state "+now.State+" by now, and was confirmed in another: nothing was done.", nil)
	case now.State == "LISTEN", now.State == "CLOSED", now.State == "UNKNOWN":
		return refuse(Denied, "It is no connection: a socket that listens ends with its process.", nil)
	case s.own():
		return refuse(Denied, "It is a connection of sockeye itself.", nil)
	}
	return nil
}

// changedConnection is what is said of a connection that is not the one that was named.
func changedConnection(cause error) *Refusal {
	return refuse(Changed, "The connection is gone, or another one by now: nothing was done to what has its ends now.", cause)
}
