package views

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/processes"
)

// target names the port: "Port 443", "UDP port 53".
func (p PortAnswer) target() string {
	name := "Port " + strconv.Itoa(int(p.Port))
	if p.Protocol != "" {
		name = strings.ToUpper(p.Protocol) + " port " + strconv.Itoa(int(p.Port))
	}
	return name
}

// title returns what stands in the browser's tab.
func (p PortAnswer) title() string {
	if !p.Asked || p.Problem != "" {
		return "Port lookup · " + Visible(p.Host) + " · sockeye"
	}
	return p.target() + " · " + Visible(p.Host) + " · sockeye"
}

// mood is how the answer looks: "free", "used", or "unknown".
func (p PortAnswer) mood() string {
	mood := "free"
	for _, a := range p.Answers {
		switch a.Situation {
		case occupancy.Free:
		case occupancy.Unknown, occupancy.Unseen:
			mood = "unknown"
		default:
			return "used"
		}
	}
	return mood
}

// portPath returns the address of the answer for a port and a protocol, "" for both protocols.
func portPath(port uint16, protocol string) templ.SafeURL {
	path := "/ports/" + strconv.Itoa(int(port))
	if protocol != "" {
		path += "/" + protocol
	}
	return templ.SafeURL(path)
}

// own returns the address of this answer.
func (p PortAnswer) own() templ.SafeURL { return portPath(p.Port, p.Protocol) }

// tableView returns the address of the live table with the sockets of a port; more are further pairs.
func tableView(k occupancy.Key, side string, more ...string) templ.SafeURL {
	return home(strings.Join(append([]string{side + "=" + strconv.Itoa(int(k.Port)), "proto=" + k.Protocol.String()}, more...), "&"))
}

// clientView returns the address of the live table with the connections from one address to a port.
func clientView(k occupancy.Key, a netip.Addr) templ.SafeURL {
	return tableView(k, "lport", "rip="+url.QueryEscape(a.WithZone("").String()))
}

// holdings are the sockets that hold a port without listening, with what they hold it for.
func holdings(a *occupancy.Answer) []holding {
	var all []holding
	for _, group := range [...]struct {
		what string
		rows []poller.Connection
	}{
		{"bound, does not listen", a.Bound}, {"outgoing connection", a.Outgoing},
		{"came in, its listener is gone", a.Left}, {"over, rests in TIME_WAIT", a.Resting},
	} {
		for i := range group.rows {
			h := holding{What: group.what, Row: &group.rows[i], Left: cell{Text: Dash, Title: "only what rests ends by itself", Unknown: true}}
			if left, known := a.TimeLeft[h.Row.ID]; known {
				h.Left = cell{Text: strconv.Itoa(seconds(left)) + " s"}
			} else if a.Situation == occupancy.Resting || h.Row.State == poller.StateTimeWait {
				h.Left.Title = "the source of the table does not tell"
			}
			all = append(all, h)
		}
	}
	return all
}

// holding is a socket that holds a port without listening.
type holding struct {
	What string
	Row  *poller.Connection
	Left cell
}

// heldTotal counts all sockets of which [holdings] shows the first.
func heldTotal(a *occupancy.Answer) int {
	return a.BoundTotal + a.OutgoingTotal + a.LeftTotal + a.RestingTotal
}

// seconds rounds up to whole seconds.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// exposureWords says from where a port can be reached, and on which interface where it is one address.
func exposureWords(r occupancy.Reach, name func(netip.Addr) string) string {
	switch {
	case r.Exposure == occupancy.ExposedSome && len(r.Addresses) == 1:
		text := "one address: " + r.String()
		if name != nil && name(r.Addresses[0]) != "" {
			text += " (" + Visible(name(r.Addresses[0])) + ")"
		}
		return text
	case r.Exposure == occupancy.ExposedSome:
		return r.String()
	}
	return r.String()
}

// exposureHelp explains an exposure.
func exposureHelp(e occupancy.Exposure) string {
	switch e {
	case occupancy.ExposedLoopback:
		return "Only programs on this machine reach it."
	case occupancy.ExposedSome:
		return "It is reached at some of the machine's addresses."
	}
	return "It is reached at every address of the machine, unless a firewall forbids it."
}

// backlog returns the cell of a listener's queue of connections that wait to be accepted: how many, and the limit.
func backlog(c *poller.Connection) cell {
	switch {
	case c.Protocol == poller.UDP:
		return cell{Text: Dash, Title: "UDP has no connections to accept", Unknown: true}
	case !c.Known.Has(poller.KnownQueues):
		return cell{Text: Dash, Title: why("rq"), Unknown: true}
	}
	text := fmt.Sprintf("%s of %s", Count(c.ReceiveQueue), Count(c.SendQueue))
	if occupancy.IsFull(c) {
		text += " · full"
	}
	return cell{Text: text, Title: "connections that wait to be accepted, and how many may", Zero: c.ReceiveQueue == 0}
}

// stackWords says which families a socket takes.
func stackWords(c *poller.Connection) string {
	return map[string]string{"dual": "IPv4 and IPv6", "v4": "IPv4", "v6": "IPv6"}[occupancy.Stack(c)]
}

// bytesOf returns the cell of the bytes of a client.
func bytesOf(known bool, n uint64) cell {
	if !known {
		return cell{Text: Dash, Title: why("rx"), Unknown: true}
	}
	return cell{Text: Bytes(float64(n)), Zero: n == 0}
}

// peerNames names the processes at the other end, where that is on this machine.
func peerNames(names []string) string {
	shown := make([]string, len(names))
	for i, n := range names {
		shown[i] = Visible(n)
	}
	return strings.Join(shown, ", ")
}

// verdictWords writes a verdict on a way of binding.
func verdictWords(o ports.Outcome) string {
	text := map[ports.Verdict]string{ports.Yes: "yes", ports.No: "no", ports.Perhaps: "perhaps"}[o.Verdict]
	if o.Errno != "" {
		text += ", " + o.Errno
	}
	return text
}

// ways puts the ways of binding together by their place: without SO_REUSEADDR and with it.
func ways(all []ports.Outcome) []way {
	var out []way
	for _, o := range all {
		if n := len(out); n == 0 || out[n-1].Place != o.Place {
			out = append(out, way{Place: o.Place})
		}
		w := &out[len(out)-1]
		if o.Reuse {
			w.Reuse = &o
		} else {
			w.Plain = &o
		}
	}
	return out
}

// way is what is said of binding a port in one place; nil where nothing is.
type way struct {
	ports.Place
	Plain, Reuse *ports.Outcome
}

// formerWords says who had a port before, and until when.
func formerWords(f *occupancy.Former, now time.Time) string {
	c := &f.Connection
	did := "listened on "
	if c.Direction != poller.Listening {
		did = "was bound to "
	}
	text := fmt.Sprintf("%s %s%s until %s ago", occupancy.Owner(c, Visible), did,
		occupancy.ReachOf([]poller.Connection{*c}), Age(max(0, now.Sub(f.Gone)), true))
	if f.Gap {
		text += ", or less: nobody watched before that"
	}
	return text
}

// classHelp says what the range of a port number means (RFC 6335 section 6).
func classHelp(class string) string {
	switch class {
	case "system":
		return "a system port (0–1023)"
	case "user":
		return "a user port (1024–49151): assigned by IANA on request"
	case "dynamic":
		return "a dynamic port (49152–65535): never assigned"
	}
	return ""
}

// serviceOf names the service of a port, [Dash] where it has none.
func serviceOf(service func(uint16, string) string, k occupancy.Key) cell {
	if service != nil {
		if name := service(k.Port, k.Protocol.String()); name != "" {
			return cell{Text: name}
		}
	}
	return cell{Text: Dash, Title: "nothing that is registered or common", Unknown: true}
}

// lists returns the doors that are listed, and those that only wait for answers.
func (p DoorPage) lists() (doors, fleeting []occupancy.Door) {
	for _, d := range p.Doors {
		if d.Fleeting {
			fleeting = append(fleeting, d)
		} else {
			doors = append(doors, d)
		}
	}
	return doors, fleeting
}

// summary says how many doors there are, and how many of them can be reached from elsewhere.
func (p DoorPage) summary() string {
	doors, _ := p.lists()
	all, open, fresh := map[occupancy.Key]bool{}, map[occupancy.Key]bool{}, map[occupancy.Key]bool{}
	for _, d := range doors {
		all[d.Key] = true
		if d.Exposure != occupancy.ExposedLoopback {
			open[d.Key] = true
		}
		if d.New {
			fresh[d.Key] = true
		}
	}
	if len(all) == 0 {
		return "Nobody waits on any port."
	}
	text := Count(len(all)) + " open ports"
	if len(all) == 1 {
		text = "1 open port"
	}
	text += fmt.Sprintf(", %s of them reachable from other machines", Count(len(open)))
	if len(fresh) > 0 {
		text += fmt.Sprintf(", %s new", Count(len(fresh)))
	}
	return text + "."
}

// since returns the moment from which on doors are new to the reader, in milliseconds since 1970.
func (p DoorPage) since() string {
	at := p.Since
	if at.IsZero() {
		at = p.at()
	}
	return strconv.FormatInt(at.UnixMilli(), 10)
}

// clientsOf returns the cell of a door's clients.
func clientsOf(d *occupancy.Door) cell {
	if d.Protocol == poller.UDP {
		return cell{Text: Dash, Title: "UDP has no connections to count", Unknown: true}
	}
	return cell{Text: Count(d.Clients), Zero: d.Clients == 0}
}

// stretchMood is how a row of a list of ports looks.
func stretchMood(s *occupancy.Stretch) string {
	if s.Used() {
		return "used"
	}
	return "free"
}

// stretchWords says of a port, or of a run of free ones, what is the case for one protocol.
func stretchWords(s *occupancy.Stretch, a *occupancy.Answer) string {
	if a.Situation != occupancy.Free {
		text := a.Sentence(Visible)
		return strings.TrimSuffix(strings.TrimPrefix(text, a.Key.String()+" "), ".")
	}
	if a.Can == occupancy.CanNo {
		return "free, but not for this program"
	}
	return "free"
}

// title returns what stands in the browser's tab.
func (p SpanPage) title() string {
	return "Ports " + p.text() + " · " + Visible(p.Host) + " · sockeye"
}

// text returns what was asked for.
func (p SpanPage) text() string {
	if p.Protocol != "" {
		return p.Spans.String() + "/" + p.Protocol
	}
	return p.Spans.String()
}

// summary says how many of the ports are used.
func (p SpanPage) summary() string {
	used := 0
	for i := range p.Stretches {
		if p.Stretches[i].Used() {
			used++
		}
	}
	of := Count(p.Spans.Len()) + " ports"
	if p.More {
		return fmt.Sprintf("More than %s of %s are in use; the first are shown.", Count(used), of)
	}
	verb := "are"
	if used == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s of %s %s in use.", Count(used), of, verb)
}

// summary says how many ports have more than one holder.
func (p ConflictPage) summary() string {
	seen := make(map[uint16]bool)
	for _, c := range p.Conflicts {
		seen[c.Port] = true
	}
	switch n := len(seen); n {
	case 0:
		return "No port has more than one holder."
	case 1:
		return "One port has more than one holder."
	default:
		return Count(n) + " ports have more than one holder."
	}
}

// conflictName names the port of a conflict.
func conflictName(c *occupancy.Conflict) string {
	text := strconv.Itoa(int(c.Port))
	if c.Protocol != 0 {
		text += "/" + c.Protocol.String()
	}
	return text
}

// conflictID names a conflict on its page: a port can have two.
func conflictID(c *occupancy.Conflict) string {
	return fmt.Sprintf("conflict-%d-%s-%s", c.Port, c.Protocol, c.Relation)
}

// relationWords names a relation in a few words.
func relationWords(r occupancy.Relation) string {
	return map[occupancy.Relation]string{
		occupancy.Twins: "the same address", occupancy.Families: "IPv4 and IPv6 apart", occupancy.Apart: "different addresses",
		occupancy.Nested: "all addresses and one of them", occupancy.Waiting: "one is only bound",
		occupancy.Departs: "an outgoing connection", occupancy.Split: "TCP and UDP",
	}[r]
}

// commonServices returns the names that the form suggests, each once, in order of their ports.
func commonServices() []ports.Service {
	var all []ports.Service
	seen := make(map[string]bool)
	for port := 1; port < 1<<16; port++ {
		for _, protocol := range [...]string{"tcp", "udp"} {
			if s, ok := ports.Lookup(uint16(port), protocol); ok && !seen[s.Name] {
				seen[s.Name] = true
				all = append(all, s)
			}
		}
	}
	return all
}

// suggestions returns the ports of the doors that the form suggests, each once.
func (p DoorPage) suggestions() []Suggestion {
	var all []Suggestion
	doors, _ := p.lists()
	for _, d := range doors {
		if n := len(all); n > 0 && all[n-1].Key == d.Key {
			continue
		}
		s := Suggestion{Key: d.Key}
		if d.First.Owner != nil {
			s.Process = d.First.Owner.Name
		}
		all = append(all, s)
	}
	return all
}

// addresses writes a number of addresses.
func addresses(n int) string {
	if n == 1 {
		return "1 address"
	}
	return Count(n) + " addresses"
}

// elsewhere says how many connections of this machine go to the same port of others.
func elsewhere(a *occupancy.Answer) string {
	if a.Elsewhere == 1 {
		return fmt.Sprintf("1 connection of this machine uses port %d of another", a.Port)
	}
	return fmt.Sprintf("%s connections of this machine use port %d of others", Count(a.Elsewhere), a.Port)
}

// owner names a connection's process, or says that it is not known.
func owner(c *poller.Connection) string {
	name, pid := "an unknown process", c.OwnerPID()
	if c.Owner != nil {
		name = Visible(c.Owner.Name)
	}
	if pid == 0 {
		return name
	}
	return fmt.Sprintf("%s (PID %d)", name, pid)
}

// unit returns the cell of the unit or container of a socket's process.
func (p PortAnswer) unit(c *poller.Connection) cell {
	d := p.details(c)
	switch {
	case d == nil:
		return cell{Text: Dash, Title: "the process is not known, or not for this program to see", Unknown: true}
	case d.Container.Known():
		return cell{Text: "container " + Visible(d.Container.Value), Title: Whole(d.Container.Value)}
	case d.Unit.Known():
		return cell{Text: Visible(d.Unit.Value), Title: Whole(d.Unit.Value)}
	}
	return cell{Text: Dash, Title: d.Unit.Note, Unknown: true}
}

// started returns the cell of how long a socket's process has been running.
func (p PortAnswer) started(c *poller.Connection) cell {
	d := p.details(c)
	if d == nil || !d.Started.Known() {
		return cell{Text: Dash, Title: "when the process was started is not known", Unknown: true}
	}
	return cell{Text: Age(max(0, p.at().Sub(d.Started.Value)), true) + " ago", Title: d.Started.Value.Format(time.RFC1123)}
}

// details returns what is known of a socket's process, nil where nothing is.
func (p PortAnswer) details(c *poller.Connection) *processes.Details {
	if c.Owner == nil {
		return nil
	}
	return p.Processes[c.Owner.PID]
}

// together makes one of services that differ only in their protocol.
func together(services []ports.Service) []ports.Service {
	if len(services) == 2 && services[0].Name == services[1].Name && services[0].Description == services[1].Description &&
		services[0].Registered == services[1].Registered {
		one := services[0]
		one.Protocol = "tcp, udp"
		return []ports.Service{one}
	}
	return services
}
