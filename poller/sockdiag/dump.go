package sockdiag

import (
	"fmt"
	"syscall"
)

// datagram is one receive from the netlink socket.
type datagram struct {
	data      []byte // valid until the next receive
	from      uint32 // the sender's port id; 0 is the kernel
	truncated bool
}

// receiver hands out datagrams one after the other. It is the seam between the reading of a dump and the system.
type receiver interface {
	receive() (datagram, error)
}

// readDump reads datagrams until the dump with the given sequence number ends and calls each with every record in
// it, reusing one Record. Messages of other senders and other sequence numbers are passed over. A dump that was
// interrupted is read to its end, so that the socket can be used again, and then reported.
func readDump(r receiver, portID, sequence uint32, each func(*Record)) error {
	d := dump{portID: portID, sequence: sequence, each: each}
	for !d.done {
		g, err := r.receive()
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		if g.from != 0 {
			continue
		}
		if g.truncated {
			return ErrTruncated
		}
		if err := d.datagram(g.data); err != nil {
			return err
		}
	}
	if d.interrupted {
		return ErrInterrupted
	}
	return nil
}

// dump is the state of one dump that is being read.
type dump struct {
	portID, sequence  uint32
	each              func(*Record)
	record            Record
	interrupted, done bool
}

func (d *dump) datagram(b []byte) error {
	for len(b) > 0 && !d.done {
		h, payload, rest, err := NextMessage(b)
		if err != nil {
			return err
		}
		b = rest
		if h.Sequence != d.sequence || h.PortID != d.portID {
			continue
		}
		if err := d.message(h, payload); err != nil {
			return err
		}
	}
	return nil
}

func (d *dump) message(h Header, payload []byte) error {
	d.interrupted = d.interrupted || h.Interrupted()
	switch h.Type {
	case TypeSockByFamily, TypeTCPDiag:
		if err := ParseRecord(payload, &d.record); err != nil {
			return err
		}
		d.each(&d.record)
	case TypeDone:
		d.done = true
		return doneErrno(payload)
	case TypeError:
		return refusal(payload)
	case TypeOverrun:
		return ErrOverrun
	}
	return nil
}

// doneErrno reads the errno that ends a dump: 0 when all went well, negative when the kernel gave up. Kernels before
// 2.6 sent no errno at all.
func doneErrno(payload []byte) error {
	if len(payload) < 4 {
		return nil
	}
	return refusalOf(int32(order.Uint32(payload)))
}

// refusal reads struct nlmsgerr, which starts with a negative errno. A dump is not acknowledged, so an errno of 0 in
// its place is no answer either.
func refusal(payload []byte) error {
	if len(payload) < 4 {
		return fmt.Errorf("netlink error message: %w: %d bytes", ErrShort, len(payload))
	}
	if err := refusalOf(int32(order.Uint32(payload))); err != nil {
		return err
	}
	return fmt.Errorf("netlink: acknowledgement in place of a dump")
}

// refusalOf turns the kernel's negative errno into an error; nil where it is not negative.
func refusalOf(errno int32) error {
	if errno >= 0 {
		return nil
	}
	return fmt.Errorf("refused: %w", syscall.Errno(-errno))
}
