package occupancy

import (
	"strconv"

	"sockeye/poller"
	"sockeye/ports"
)

// Predict says for each place what would come of binding the port there, by the sockets that are seen and by the
// rules. It follows inet_csk_get_port and udp_lib_get_port of Linux. Whether the holder of a port set SO_REUSEADDR, as
// it must for others to share it, cannot be seen: then the verdict is Perhaps. sure tells that the table is whole and
// tells IPV6_V6ONLY.
func Predict(u *Use, rules *ports.Rules, sure bool) []ports.Outcome {
	var all []ports.Outcome
	holders := u.holders()
	for _, place := range ports.Places(rules.NoIPv6) {
		for _, reuse := range [...]bool{false, true} {
			o := ports.Outcome{Place: place, Reuse: reuse}
			predict(&o, u, holders, rules, sure)
			all = append(all, o)
		}
	}
	return all
}

// predict judges one way of binding.
func predict(o *ports.Outcome, u *Use, holders []*poller.Connection, rules *ports.Rules, sure bool) {
	switch {
	case rules.Denied(u.Port):
		o.Verdict, o.Errno, o.Reason = ports.No, "EACCES", "ports below "+strconv.Itoa(int(rules.PrivilegedBelow))+
			" need root or CAP_NET_BIND_SERVICE, which this program does not have"
		return
	case rules.Bars(u.Protocol.String(), u.Port):
		o.Verdict, o.Errno, o.Reason = ports.No, "EACCES", "the system has excluded the port"
		return
	}
	for _, h := range holders {
		if !meets(o.Place, h) {
			continue
		}
		if !o.Reuse || h.State == poller.StateListen {
			o.Verdict, o.Errno, o.Reason = ports.No, "EADDRINUSE", inUse(h)
			return
		}
		o.Reason = "only if " + whose(h) + " set SO_REUSEADDR as well, which cannot be seen"
	}
	switch {
	case o.Reason != "":
	case !sure:
		o.Reason = "the table of sockets is not whole"
	default:
		o.Verdict = ports.Yes
	}
}

// meets reports whether a socket is in the way of one that is bound in the place.
func meets(p ports.Place, h *poller.Connection) bool {
	if p.Dual {
		return true
	}
	addr := h.Local.Addr()
	if p.Addr.Is4() != addr.Is4() {
		return p.Addr.Is4() && covers(h, true)
	}
	return p.Wildcard() || addr.IsUnspecified() || addr == p.Addr
}

// inUse says what a socket does with the port.
func inUse(h *poller.Connection) string {
	switch {
	case h.Direction == poller.Listening && h.Protocol == poller.UDP:
		return "in use: a socket is bound to " + where(h)
	case h.Direction == poller.Listening:
		return "in use: a socket listens on " + where(h)
	case !h.Connected():
		return "in use: a socket is bound to " + where(h)
	case h.State == poller.StateTimeWait:
		return "in use: a connection of it rests in TIME_WAIT, and SO_REUSEADDR is not set"
	}
	return "in use: a connection of it is in " + h.State.String()
}

// whose names the program that would have had to allow sharing.
func whose(h *poller.Connection) string {
	if h.Owner == nil {
		return "the program that had it"
	}
	return "its holder"
}

// Can tells whether a port can be bound, taking all ways of binding it together.
type Can string

// The answers. CanPartly is yes in some ways and no, or perhaps, in others.
const (
	CanYes     Can = "yes"
	CanNo      Can = "no"
	CanPartly  Can = "partly"
	CanUnknown Can = "unknown"
)

// Sum takes the ways of binding a port together. It is CanYes where a plain program, which asks for all addresses and
// sets no option, gets it in every family; CanNo where nobody gets it in any way.
func Sum(all []ports.Outcome) Can {
	plain, some, no := true, false, true
	for i, o := range all {
		if o.Wildcard() && (i == 0 || all[i-1].Place != o.Place) { // the first way in a place is the plain one
			plain = plain && o.Verdict == ports.Yes
		}
		some = some || o.Verdict == ports.Yes
		no = no && o.Verdict == ports.No
	}
	switch {
	case len(all) == 0:
		return CanUnknown
	case no:
		return CanNo
	case plain:
		return CanYes
	case some || hasNo(all):
		return CanPartly
	}
	return CanUnknown
}

// hasNo reports whether some way is refused for sure.
func hasNo(all []ports.Outcome) bool {
	for _, o := range all {
		if o.Verdict == ports.No {
			return true
		}
	}
	return false
}
