package views

import (
	"net/netip"
	"strconv"
	"time"

	"sockeye/poller"
)

// cell is a text with the explanation that appears over it. An Unknown cell shows [Dash]; a Zero one is faint.
type cell struct {
	Text, Title   string
	Unknown, Zero bool
}

// endpoint is one end of a connection as a cell shows it.
type endpoint struct {
	Host, Port, Service, Title string
}

// line is one connection as the row component shows it.
type line struct {
	ID, Protocol, Family, State, Direction string
	Local, Remote                          endpoint
	Process, PID, User, Age                cell
	Received, Sent, ReceiveRate, SendRate  cell
	ReceiveQueue, SendQueue                cell
}

// lineOf turns a connection into what is shown of it at the given moment.
func lineOf(c *poller.Connection, now time.Time, service func(uint16, string) string) line {
	l := line{
		ID: c.ID.String(), Protocol: c.Protocol.String(), Family: c.Family.String(), State: c.State.String(),
		Direction: c.Direction.String(),
		Local:     endpointOf(c.Local, c.Protocol, service),
		Remote:    endpoint{Host: "*", Title: "not connected to one remote end"},
		User:      foreign(c.User, "user"), Age: ageOf(c, now),
		Received:     number(c, poller.KnownBytes, float64(c.BytesReceived), Bytes, "rx"),
		Sent:         number(c, poller.KnownBytes, float64(c.BytesSent), Bytes, "tx"),
		ReceiveRate:  number(c, poller.KnownRates, c.ReceiveRate, Rate, "rxrate"),
		SendRate:     number(c, poller.KnownRates, c.SendRate, Rate, "txrate"),
		ReceiveQueue: number(c, poller.KnownQueues, float64(c.ReceiveQueue), plain, "rq"),
		SendQueue:    number(c, poller.KnownQueues, float64(c.SendQueue), plain, "sq"),
	}
	if c.Connected() {
		l.Remote = endpointOf(c.Remote, c.Protocol, service)
	}
	l.Process, l.PID = ownerOf(c)
	return l
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
		}
		unknown := cell{Text: Dash, Title: note, Unknown: true}
		return unknown, unknown
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
