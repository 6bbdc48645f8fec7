package poller

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"time"
)

// lsofNote is for the reader of a table made by lsof without root.
const lsofNote = "Without root, sockets of other users' processes may be missing here."

// lsofDoubt is what is not believed of lsof, by which gopsutil lists sockets on macOS and FreeBSD: gopsutil takes a
// call of it that fails, or that is killed, for one that found nothing.
type lsofDoubt struct {
	root     bool                    // other users' sockets are listed as well
	patience time.Duration           // that a look has
	before   [len(gopsutilKinds)]int // rows of each kind that were believed last
	emptied  [len(gopsutilKinds)]bool
	listed   map[lsofLine]bool // in the look that is under way
}

// lsofPatience is how long the runs of lsof for one look may take together. gopsutil sets them no bound, and lsof waits for
// file systems that do not answer.
const lsofPatience = 20 * time.Second

// lsofLine is what tells lines of lsof apart: it has one for each descriptor of each process, however many of them are one
// socket. A connection is one socket whoever holds it, anything else is one for each process.
type lsofLine struct {
	protocol      Protocol
	family        Family
	local, remote netip.AddrPort
	pid           int32
}

// begin forgets the lines of the look before, and returns the context for the runs of this one: it ends them where they
// take too long, and says so as its cause.
func (d *lsofDoubt) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	d.listed = make(map[lsofLine]bool, len(d.listed))
	return context.WithTimeoutCause(ctx, d.patience, fmt.Errorf("lsof did not end within %v", d.patience))
}

// errNoLsof is for a machine without the command; FreeBSD comes without.
var errNoLsof = errors.New("the command lsof, by which sockets are read here, is not installed")

// explain says in place of an error that lsof is not installed, where that is what it means. Of a nil doubt it returns the
// error as it is.
func (d *lsofDoubt) explain(err error) error {
	if d != nil && errors.Is(err, exec.ErrNotFound) {
		return errNoLsof
	}
	return err
}

// first reports whether a socket is not among the lines that were listed before it.
func (d *lsofDoubt) first(s *Socket) bool {
	line := lsofLine{s.Protocol, s.Family, s.Local, s.Remote, s.PID}
	if s.Connected() {
		line.pid = 0
	}
	known := d.listed[line]
	d.listed[line] = true
	return !known
}

// zoned gives a link-local address its zone where a BSD wrote that into the address itself, as the third and fourth byte:
// they are zero in the addresses of others (RFC 4291 section 2.5.6).
func zoned(a netip.Addr, name func(index uint32) string) netip.Addr {
	if !a.Is6() || !a.IsLinkLocalUnicast() || a.Zone() != "" {
		return a
	}
	b := a.As16()
	index := uint32(b[2])<<8 | uint32(b[3])
	if index == 0 {
		return a
	}
	b[2], b[3] = 0, 0
	return netip.AddrFrom16(b).WithZone(name(index))
}

// doubtLsof returns nil for systems on which gopsutil does not ask lsof.
func doubtLsof(system string, uid int) *lsofDoubt {
	if system != "darwin" && system != "freebsd" {
		return nil
	}
	return &lsofDoubt{root: uid == 0, patience: lsofPatience}
}

// errNoSockets is for a list with nothing in it: this program at least has sockets that it may see.
var errNoSockets = errors.New("lsof listed no sockets at all")

// check takes the numbers of rows of each kind. It fails where there is none at all; and where a kind has none that had
// some before, once: the second time it is believed.
func (d *lsofDoubt) check(counts [len(gopsutilKinds)]int) error {
	if counts == [len(gopsutilKinds)]int{} {
		return errNoSockets
	}
	var doubt error
	for k, n := range counts {
		switch {
		case n > 0 || d.before[k] == 0:
			d.emptied[k] = false
		case !d.emptied[k]:
			d.emptied[k] = true
			doubt = fmt.Errorf("lsof listed no %s sockets, of which there were %d before; it is asked once more", gopsutilKinds[k], d.before[k])
		}
	}
	if doubt == nil {
		d.before = counts
	}
	return doubt
}
