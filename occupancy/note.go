package occupancy

import (
	"fmt"
	"runtime"
	"slices"

	"sockeye/ports"
)

// CanWords says in one sentence whether and how the port can be bound, and on what that rests.
func (a *Answer) CanWords() string {
	text := ""
	switch a.Can {
	case CanYes:
		text = "Yes, on all addresses, without any option."
	case CanNo:
		text = "No, in no way: " + a.why(firstRefusal(a.Outcomes)) + "."
	case CanPartly:
		text = "In part: " + a.ways() + "."
	default:
		text = "That cannot be told: " + unknownReason(a.Outcomes) + "."
	}
	if !a.IsTried() {
		return text + " This is a prediction from the sockets that are seen; nothing was bound to find out."
	}
	return text + " This was tried."
}

// ways names the ways of binding that work, or that may.
func (a *Answer) ways() string {
	plain, reuse := places(a.Outcomes, ports.Yes, false), places(a.Outcomes, ports.Yes, true)
	perhaps := places(a.Outcomes, ports.Perhaps, true)
	reuse = slices.DeleteFunc(reuse, func(p string) bool { return slices.Contains(plain, p) })
	var parts []string
	if len(plain) > 0 {
		parts = append(parts, "on "+enumerate(plain, 5))
	}
	if len(reuse) > 0 {
		parts = append(parts, "with SO_REUSEADDR on "+enumerate(reuse, 5))
	}
	if len(perhaps) > 0 {
		parts = append(parts, fmt.Sprintf("perhaps with SO_REUSEADDR on %s: %s", enumerate(perhaps, 5), unknownReason(a.Outcomes)))
	}
	if len(parts) == 0 {
		return "on no address for sure"
	}
	return enumerate(parts, 3)
}

// places names the places with a verdict, each once.
func places(all []ports.Outcome, v ports.Verdict, reuse bool) []string {
	var names []string
	for _, o := range all {
		if o.Verdict == v && o.Reuse == reuse && !slices.Contains(names, o.Place.String()) {
			names = append(names, o.Place.String())
		}
	}
	return names
}

// unknownReason returns what the first verdict that is not known depends on.
func unknownReason(all []ports.Outcome) string {
	for _, o := range all {
		if o.Verdict == ports.Perhaps {
			return o.Reason
		}
	}
	return "nothing is known of it"
}

// Remarks are sentences on the rules of the system that concern the port.
func (a *Answer) Remarks() []string {
	var all []string
	r := &a.Rules
	if a.Port < r.PrivilegedBelow {
		text := fmt.Sprintf("Ports below %d are privileged here: binding them needs root or CAP_NET_BIND_SERVICE", r.PrivilegedBelow)
		if r.MayPrivileged {
			all = append(all, text+"; this program has it, others may not.")
		} else {
			all = append(all, text+", which this program does not have.")
		}
	}
	if r.Bars(a.Protocol.String(), a.Port) {
		all = append(all, "The system has excluded the port: nobody can bind it, though no socket holds it. A part of the system keeps it, most often Hyper-V, WSL or Docker; netsh int ipv4 show excludedportrange lists such ranges.")
	}
	if r.Reserved.Has(a.Port) {
		all = append(all, "The port is reserved ("+ports.ReserveCommand(runtime.GOOS)+"): the system never hands it out by itself; a program that asks for it gets it.")
	} else if r.HandedOut(a.Port) {
		text := fmt.Sprintf("The port lies in the ephemeral range (%d to %d): the system may hand it to an outgoing connection at any moment.", r.Ephemeral.First, r.Ephemeral.Last)
		if how := ports.ReserveCommand(runtime.GOOS); how != "" {
			text += " A server that needs it is safe only if it is reserved with " + how + "."
		}
		all = append(all, text)
	}
	return all
}
