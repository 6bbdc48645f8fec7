package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye/poller"
)

// maxHolders is the number of processes that the answer names.
const maxHolders = 2

// Sentence is the answer in one sentence: who has the port, or that nobody has it, as far as the table can tell.
func (p PortAnswer) Sentence() string {
	name := p.target()
	switch {
	case len(p.Listeners) > 0:
		return fmt.Sprintf("%s is taken: %s.", name, holders(p.Listeners))
	case len(p.Others) > 0:
		return fmt.Sprintf("Nobody listens on %s, but %s.", lowerFirst(name), others(p.Others))
	case p.ThroughTotal == 1:
		return fmt.Sprintf("Nobody listens on %s; one connection uses it.", lowerFirst(name))
	case p.ThroughTotal > 1:
		return fmt.Sprintf("Nobody listens on %s; %s connections use it.", lowerFirst(name), Count(p.ThroughTotal))
	case p.Status.At.IsZero() || p.Status.Stale != "" || !p.Status.Complete:
		return fmt.Sprintf("Nobody was seen on %s, but the table is not whole.", lowerFirst(name))
	}
	return fmt.Sprintf("%s is free: no socket of this machine uses it.", name)
}

// target names the port: "Port 443", "UDP port 53".
func (p PortAnswer) target() string {
	name := "Port " + strconv.Itoa(int(p.Port))
	if p.Protocol != "" {
		name = strings.ToUpper(p.Protocol) + " port " + strconv.Itoa(int(p.Port))
	}
	return name
}

// free reports whether nothing at all is on the port.
func (p PortAnswer) free() bool {
	return len(p.Listeners) == 0 && len(p.Others) == 0 && p.ThroughTotal == 0
}

// lowerFirst makes "Port 443" fit the middle of a sentence and leaves "UDP port 53" as it is.
func lowerFirst(s string) string {
	if rest, ok := strings.CutPrefix(s, "Port "); ok {
		return "port " + rest
	}
	return s
}

// holders names who listens, each process once, and the addresses it listens on; at most two of each.
func holders(rows []poller.Connection) string {
	var order []string
	on := make(map[string][]string)
	for i := range rows {
		who, where := owner(&rows[i]), Host(rows[i].Local.Addr())
		if on[who] == nil {
			order = append(order, who)
		}
		if !slices.Contains(on[who], where) {
			on[who] = append(on[who], where)
		}
	}
	var parts []string
	for _, who := range order[:min(len(order), maxHolders)] {
		parts = append(parts, who+" listens on "+list(on[who], 2))
	}
	if more := len(order) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return list(parts, maxHolders+1)
}

// others tells what holds a port without listening on it.
func others(rows []poller.Connection) string {
	if len(rows) == 1 && rows[0].OwnerNote == poller.OwnerNone {
		return fmt.Sprintf("the system keeps it for a while in %s, after a connection that is over", rows[0].State)
	}
	if len(rows) == 1 {
		return fmt.Sprintf("%s still holds it with a socket in %s", owner(&rows[0]), rows[0].State)
	}
	return fmt.Sprintf("%s sockets still hold it", Count(len(rows)))
}

// owner names a connection's process, or says that it is not known.
func owner(c *poller.Connection) string {
	if c.Owner == nil {
		return "an unknown process"
	}
	return fmt.Sprintf("%s (PID %d)", Visible(c.Owner.Name), c.Owner.PID)
}

// list joins at most n parts in the manner of a sentence.
func list(parts []string, n int) string {
	if len(parts) > n {
		parts = append(parts[:n:n], fmt.Sprintf("%d more", len(parts)-n))
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// classHelp says what the range of a port number means (RFC 6335 section 6).
func classHelp(class string) string {
	switch class {
	case "system":
		return "a system port (0–1023): binding it needs a privilege on most systems"
	case "user":
		return "a user port (1024–49151): assigned by IANA on request; binding it needs no privilege"
	case "dynamic":
		return "a dynamic port (49152–65535): never assigned, taken for a while by outgoing connections"
	}
	return ""
}

// title returns what stands in the browser's tab.
func (p PortAnswer) title() string {
	if !p.Asked || p.Problem != "" {
		return "Port lookup · " + Visible(p.Host) + " · sockeye"
	}
	return p.target() + " · " + Visible(p.Host) + " · sockeye"
}

// at returns the moment the rows were true.
func (p PortAnswer) at() time.Time {
	if p.Status.At.IsZero() {
		return p.Now
	}
	return p.Status.At
}
