package sockdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// Question names one socket.
type Question struct {
	Family, Protocol uint8
	// Local and Remote are the two ends as the record has them: of the family asked for, without zones.
	Local, Remote netip.AddrPort
	// Interface is the index of the interface that the socket is bound to, 0 for none.
	Interface uint32
	// Cookie is the socket's identity: another one between the same ends is no answer, unless it is [AnyCookie].
	Cookie uint64
}

// ErrGone is returned by [Ask] where the kernel has no socket with this identity.
var ErrGone = errors.New("no such socket")

// appendAsk appends the message that asks for one socket to dst. With search set it asks for a list of those that
// share both ports, for sockets that the kernel does not find by their ends: one of several listeners of a port, one
// that is bound and does nothing.
func appendAsk(dst []byte, sequence uint32, q Question, search bool) []byte {
	var body [requestLen]byte
	body[0], body[1], body[2] = q.Family, q.Protocol, withAll
	order.PutUint32(body[4:], AllStates)
	id := body[requestLen-socketIDLen:]
	local, remote := q.Local, q.Remote
	if q.Protocol == ProtocolUDP && !search { // udp_dump_one has the two ends the other way round
		local, remote = remote, local
	}
	binary.BigEndian.PutUint16(id[0:], local.Port())
	binary.BigEndian.PutUint16(id[2:], remote.Port())
	h := Header{Type: TypeSockByFamily, Flags: flagRequest | flagDump, Sequence: sequence}
	if !search {
		h.Flags = flagRequest
		named := q
		named.Local, named.Remote = local, remote
		putIdentity(id, named)
	}
	return AppendMessage(dst, h, body[:])
}

// putIdentity writes struct inet_diag_sockid: ends, interface and cookie.
func putIdentity(id []byte, q Question) {
	binary.BigEndian.PutUint16(id[0:], q.Local.Port())
	binary.BigEndian.PutUint16(id[2:], q.Remote.Port())
	copy(id[4:20], q.Local.Addr().AsSlice())
	copy(id[20:36], q.Remote.Addr().AsSlice())
	order.PutUint32(id[36:], q.Interface)
	order.PutUint32(id[40:], uint32(q.Cookie))
	order.PutUint32(id[44:], uint32(q.Cookie>>32))
}

// readAnswer reads what the kernel answers to appendAsk, to the end of the list where it searches.
func readAnswer(r receiver, portID, sequence uint32, cookie uint64, search bool) (*Detail, error) {
	a := answer{portID: portID, sequence: sequence, cookie: cookie, search: search}
	for !a.done {
		g, err := r.receive()
		switch {
		case err != nil:
			return nil, fmt.Errorf("receive: %w", err)
		case g.from != 0:
			continue
		case g.truncated:
			return nil, ErrTruncated
		}
		if err := a.datagram(g.data); err != nil {
			return nil, err
		}
	}
	if a.found == nil {
		return nil, ErrGone
	}
	return a.found, nil
}

// answer is the state of one answer that is being read.
type answer struct {
	portID, sequence uint32
	cookie           uint64
	search, done     bool
	found            *Detail
}

func (a *answer) datagram(b []byte) error {
	for len(b) > 0 && !a.done {
		h, payload, rest, err := NextMessage(b)
		if err != nil {
			return err
		}
		b = rest
		if h.Sequence != a.sequence || h.PortID != a.portID {
			continue
		}
		if err := a.message(h, payload); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) message(h Header, payload []byte) error {
	switch h.Type {
	case TypeSockByFamily:
		var d Detail
		if err := ParseDetail(payload, &d); err != nil {
			return err
		}
		if d.Cookie == a.cookie || a.cookie == AnyCookie && !a.search {
			a.found = &d
		}
		a.done = !a.search
	case TypeDone:
		a.done = true
		return doneErrno(payload)
	case TypeError:
		return gone(refusal(payload))
	case TypeOverrun:
		return ErrOverrun
	}
	return nil
}

// gone turns the errnos that say that there is no such socket into ErrGone: none between these ends (ENOENT), or one
// with another cookie (ESTALE).
func gone(err error) error {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.Errno(staleErrno)) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// staleErrno is ESTALE as Linux numbers it; not every system has the name.
const staleErrno = 116
