package poller

import (
	"errors"
	"fmt"
)

// lsofNote is for the reader of a table made by lsof without root.
const lsofNote = "Without root, sockets of other users' processes may be missing here."

// lsofDoubt is what is not believed of lsof, by which gopsutil lists sockets on macOS and FreeBSD: gopsutil takes a
// call of it that fails, or that is killed, for one that found nothing.
type lsofDoubt struct {
	root    bool                    // other users' sockets are listed as well
	before  [len(gopsutilKinds)]int // rows of each kind that were believed last
	emptied [len(gopsutilKinds)]bool
}

// doubtLsof returns nil for systems on which gopsutil does not ask lsof.
func doubtLsof(system string, uid int) *lsofDoubt {
	if system != "darwin" && system != "freebsd" {
		return nil
	}
	return &lsofDoubt{root: uid == 0}
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
