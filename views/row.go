package views

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"sockeye/poller"
)

// cell is a text with the explanation that appears over it. An Unknown cell shows [Dash]; a Zero one is faint.
type cell struct {
	Text, Title   string
	Unknown, Zero bool
	// Peer is the same of the other end, where the two ends are one line.
	Peer string
}

// endpoint is one end of a connection as a cell shows it.
type endpoint struct {
	Host, Port, Service, Title string
	// Name is that of the address, beside it.
	Name string
}

// line is one connection as the row component shows it.
type line struct {
	ID, Protocol, Family, State, Direction string
	Local, Remote                          endpoint
	Process, PID, User, Age                cell
	Received, Sent, ReceiveRate, SendRate  cell
	ReceiveQueue, SendQueue                cell
	// Owner leads to the page of the process, "" where that is not known.
	Owner templ.SafeURL
	// Cells are those of all columns but the ones above Process, by the names of the columns.
	Cells map[string]cell
}

// link returns the address of the page about the connection.
func (l line) link() templ.SafeURL { return templ.SafeURL("/connections/" + l.ID) }

// lineOf turns a connection into what is shown of it at the given moment. Without a service ports are numbers alone.
func lineOf(c *poller.Connection, now time.Time, service func(uint16, string) string) line {
	l := line{
		ID: c.ID.String(), Protocol: c.Protocol.String(), Family: c.Family.String(), State: c.State.String(),
		Direction: c.Direction.String(),
		Local:     endpointOf(c.Local, c.Protocol, service),
		Remote:    endpoint{Host: "*", Title: whyNoRemote},
		Cells:     figuresOf(c, now),
	}
	if c.Connected() {
		l.Remote = endpointOf(c.Remote, c.Protocol, service)
		l.Cells["rport"] = digitsOf(int64(c.Remote.Port()), c.Remote.Port() != 0, "rport")
	}
	l.Process, l.PID = ownerOf(c)
	l.Owner = ownerLink(c)
	l.Cells["proc"], l.Cells["pid"] = l.Process, l.PID
	l.User, l.Age = l.Cells["user"], l.Cells["age"]
	l.Received, l.Sent = l.Cells["rx"], l.Cells["tx"]
	l.ReceiveRate, l.SendRate = l.Cells["rxrate"], l.Cells["txrate"]
	l.ReceiveQueue, l.SendQueue = l.Cells["rq"], l.Cells["sq"]
	return l
}

// figuresOf returns the cells that need nothing but the connection.
func figuresOf(c *poller.Connection, now time.Time) map[string]cell {
	return map[string]cell{
		"user": foreign(c.User, "user"), "age": ageOf(c, now),
		"rx":     number(c, poller.KnownBytes, float64(c.BytesReceived), Bytes, "rx"),
		"tx":     number(c, poller.KnownBytes, float64(c.BytesSent), Bytes, "tx"),
		"rxrate": number(c, poller.KnownRates, c.ReceiveRate, Rate, "rxrate"),
		"txrate": number(c, poller.KnownRates, c.SendRate, Rate, "txrate"),
		"rq":     number(c, poller.KnownQueues, float64(c.ReceiveQueue), plain, "rq"),
		"sq":     number(c, poller.KnownQueues, float64(c.SendQueue), plain, "sq"),
		"rtt":    number(c, poller.KnownRTT, float64(c.RTT)/1000, Millis, "rtt"),
		"retr":   number(c, poller.KnownRetransmits, float64(c.Retransmits), plain, "retr"),
		"drops":  number(c, poller.KnownDrops, float64(c.Drops), plain, "drops"),
		"dir":    {Text: c.Direction.String()}, "fam": {Text: c.Family.String()}, "id": {Text: c.ID.String()},
		"port":   digitsOf(int64(c.Local.Port()), c.Local.Port() != 0, "port"),
		"rport":  digitsOf(0, false, "rport"),
		"uid":    digitsOf(int64(c.UID), c.Known.Has(poller.KnownUID), "uid"),
		"opened": momentOf(c.Opened, c.Known.Has(poller.KnownOpened), "opened"),
		"seen":   momentOf(c.FirstSeen, !c.FirstSeen.IsZero(), "seen"),
		"peer":   peerOf(c),
	}
}

// digitsOf returns the cell of a number that is a name: written without commas, and never faint.
func digitsOf(n int64, known bool, name string) cell {
	if !known {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: strconv.FormatInt(n, 10)}
}

// momentOf returns the cell of a moment.
func momentOf(t time.Time, known bool, name string) cell {
	if !known {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: t.Format("2006-01-02 15:04:05")}
}

// peerOf returns the cell of the other end on this machine.
func peerOf(c *poller.Connection) cell {
	if c.Peer == 0 {
		return cell{Text: Dash, Title: why("peer"), Unknown: true}
	}
	return cell{Text: c.Peer.String()}
}

// endpointOf returns what is shown of one end; its title gives the service in words where there is one.
func endpointOf(a netip.AddrPort, p poller.Protocol, service func(uint16, string) string) endpoint {
	e := endpoint{Host: Host(a.Addr()), Port: ":" + strconv.Itoa(int(a.Port()))}
	e.Title = e.Host + e.Port
	if service != nil {
		e.Service = service(a.Port(), p.String())
	}
	if e.Service != "" {
		e.Title += " (" + e.Service + ")"
	}
	return e
}

// ownerOf returns the cells of process and PID; both say why where there is none.
func ownerOf(c *poller.Connection) (process, pid cell) {
	note := c.OwnerNote.String()
	if c.Owner == nil {
		if note == "" {
			note = why("proc")
		} else {
			note += whichTells
		}
		process = cell{Text: Dash, Title: note, Unknown: true}
		if id := c.OwnerPID(); id > 0 { // the source knows that much
			return process, cell{Text: strconv.Itoa(int(id))}
		}
		return process, process
	}
	process = foreign(c.Owner.Name, "proc")
	if note != "" {
		process.Title += " (" + note + ")"
	}
	return process, cell{Text: strconv.Itoa(int(c.Owner.PID))}
}

// foreign returns the cell of a text from outside, which may be hostile.
func foreign(s, name string) cell {
	if s == "" {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: Visible(s), Title: Whole(s)}
}

// number returns the cell of a figure, or of its absence where the fact is not known.
func number(c *poller.Connection, fact poller.Known, n float64, format func(float64) string, name string) cell {
	if !c.Known.Has(fact) {
		return cell{Text: Dash, Title: why(name), Unknown: true}
	}
	return cell{Text: format(n), Zero: n == 0}
}

// plain writes a whole number with its thousands apart.
func plain(n float64) string { return Count(uint64(n)) }

// ageOf returns the cell of the age, with the moment it is counted from in its title.
func ageOf(c *poller.Connection, now time.Time) cell {
	if c.FirstSeen.IsZero() && c.Opened.IsZero() {
		return cell{Text: Dash, Unknown: true}
	}
	age, exact := c.Age(now)
	return cell{Text: Age(age, exact)}
}
