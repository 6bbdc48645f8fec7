package poller

import "time"

// Direction tells who opened a connection.
type Direction uint8

// The directions. Loopback is a connection whose two ends are both on this machine.
const (
	DirectionUnknown Direction = iota
	Inbound
	Outbound
	Listening
	Loopback

	// NumDirections is the number of directions, DirectionUnknown included.
	NumDirections = iota
)

var directionNames = [NumDirections]string{"unknown", "inbound", "outbound", "listening", "loopback"}

// String returns the direction in the words of the data contract.
func (d Direction) String() string {
	if int(d) >= NumDirections {
		d = DirectionUnknown
	}
	return directionNames[d]
}

// Process is the owner of sockets. It is never changed after it was published; a PID that is used again gets a new
// value, told apart by its start.
type Process struct {
	// PID is the process id in the namespace sockeye runs in.
	PID int32
	// Start is the raw start time in clock ticks since boot (field 22 of /proc/PID/stat), or the source's own
	// notion of a start; with PID and boot it identifies the process. 0 is unknown.
	Start uint64
	// Name is the program's name as the system tells it: hostile text of any bytes, at most 256. On Windows the services
	// that run in the process stand behind it.
	Name string
	// User is the name of the user it works as, where the source's sockets have no user of their own (Windows, macOS,
	// FreeBSD); "" elsewhere and where it is not told. As hostile as Name.
	User string
}

// OwnerNote says why a connection's owner is not known. OwnerKnown is the zero value.
type OwnerNote uint8

// The reasons for which a connection has no owner in the table.
const (
	OwnerKnown     OwnerNote = iota
	OwnerNone                // no process has it open any more: TIME_WAIT, FIN_WAIT_2, orphaned
	OwnerPending             // not yet accepted by the listening process
	OwnerForbidden           // another user's process, and the right to look at it is missing
	OwnerNotFound            // looked for and not found: another namespace, or a process that was too quick
	OwnerUnsought            // not looked for yet

	// NumOwnerNotes is the number of notes.
	NumOwnerNotes = iota
)

var ownerNotes = [NumOwnerNotes]string{
	"",
	"no process holds this socket any more",
	"not accepted by the listening process yet",
	"other user's process: needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
	"no process found that holds this socket; it may be hidden from this user or live in another namespace",
	"not looked up yet",
}

// String returns the reason in words, "" where the owner is known.
func (n OwnerNote) String() string {
	if int(n) >= NumOwnerNotes {
		return ""
	}
	return ownerNotes[n]
}

// Connection is a socket with everything that is known beside it. Values are handed out by [Table] under its lock
// and to observers for the length of their call; who keeps one copies it.
type Connection struct {
	Socket
	// Direction is who opened it.
	Direction Direction
	// Part is what this end did where both are on this machine.
	Part Part
	// OwnerNote says why Owner is nil. It can also be set beside an Owner that is only remembered.
	OwnerNote OwnerNote
	// Peer is the other end of a connection within this machine, 0 where there is none or it was not seen.
	Peer ID
	// Final tells that bytes, round-trip time and retransmits are the connection's last: it is over.
	Final bool
	// Owner is the process that holds the socket, nil where unknown.
	Owner *Process
	// User is the name of UID, or its number in digits where it has no name; where UID is unknown it is the owner's, and
	// "" where that is unknown too.
	User string
	// FirstSeen is the time of the first poll that had this socket, by the wall clock; it moves when that is set.
	FirstSeen time.Time
	// Opened is when it was opened, to the length of one interval and by the wall clock; set where KnownOpened is.
	Opened time.Time
	// ReceiveRate and SendRate are in bytes per second over the last interval; set where KnownRates is.
	ReceiveRate, SendRate float64
}

// Age returns how long the connection has existed at the given moment, never less than 0; exact is false where
// sockeye found it already there, and the true age is at least what is returned.
func (c *Connection) Age(now time.Time) (age time.Duration, exact bool) {
	from := c.FirstSeen
	if c.Known.Has(KnownOpened) {
		from, exact = c.Opened, true
	}
	return max(0, now.Round(0).Sub(from.Round(0))), exact
}
