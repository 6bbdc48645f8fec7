package poller

import (
	"errors"
	"time"

	"sockeye/poller/sockdiag"
)

// restStates are the states of sockets that only wait (TCPF_TIME_WAIT; FIN_WAIT_2 can be one of them).
const restStates = 1<<sockdiag.TimeWait | 1<<sockdiag.FinWait2

// resting implements timerSource, on a netlink socket of its own.
func (s *netlinkSource) resting(port uint16) (map[ID]time.Duration, error) {
	conn, err := s.dial()
	if err != nil {
		return nil, err
	}
	left := make(map[ID]time.Duration)
	for _, family := range [...]uint8{sockdiag.FamilyIPv4, sockdiag.FamilyIPv6} {
		r := sockdiag.Request{Family: family, Protocol: sockdiag.ProtocolTCP, States: restStates, LocalPort: port}
		err = errors.Join(err, conn.Dump(r, func(rec *sockdiag.Record) {
			if rec.Timer == sockdiag.TimerTimeWait && rec.Source.Port() == port {
				left[ID(rec.Cookie)] = time.Duration(rec.Expires) * time.Millisecond
			}
		}))
		if errors.Is(err, sockdiag.ErrInterrupted) {
			err = nil // the timers that were read are right; a later look has the others
		}
	}
	return left, errors.Join(err, conn.Close())
}
