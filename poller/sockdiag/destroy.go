package sockdiag

import (
	"fmt"
)

// AnyCookie, as a Question's cookie, takes whichever socket has the ends (INET_DIAG_NOCOOKIE). [Destroy] refuses it.
const AnyCookie = ^uint64(0)

// TypeDestroy is the message that ends a socket (SOCK_DESTROY, linux/sock_diag.h).
const TypeDestroy MessageType = 21

// flagAck asks for an answer where all went well (NLM_F_ACK).
const flagAck uint16 = 0x4

// appendDestroy appends the message that ends one socket to dst: struct inet_diag_req_v2 with both ends, the interface
// and the cookie.
func appendDestroy(dst []byte, sequence uint32, q Question) []byte {
	var body [requestLen]byte
	body[0], body[1] = q.Family, q.Protocol
	order.PutUint32(body[4:], AllStates)
	putIdentity(body[requestLen-socketIDLen:], q)
	return AppendMessage(dst, Header{Type: TypeDestroy, Flags: flagRequest | flagAck, Sequence: sequence}, body[:])
}

// readAck reads what the kernel answers to a message that asked for an acknowledgement: nil where it was done.
func readAck(r receiver, portID, sequence uint32) error {
	for {
		g, err := r.receive()
		switch {
		case err != nil:
			return fmt.Errorf("receive: %w", err)
		case g.from != 0:
			continue
		case g.truncated:
			return ErrTruncated
		}
		done, err := ackIn(g.data, portID, sequence)
		if done || err != nil {
			return err
		}
	}
}

// ackIn looks for the answer to a message in one datagram; done is false where it is not there.
func ackIn(b []byte, portID, sequence uint32) (done bool, err error) {
	for len(b) > 0 {
		h, payload, rest, err := NextMessage(b)
		if err != nil {
			return false, err
		}
		b = rest
		if h.Sequence != sequence || h.PortID != portID || h.Type != TypeError {
			continue
		}
		if len(payload) < 4 {
			return false, fmt.Errorf("netlink error message: %w: %d bytes", ErrShort, len(payload))
		}
		return true, gone(refusalOf(int32(order.Uint32(payload))))
	}
	return false, nil
}
