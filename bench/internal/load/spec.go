package load

import (
	"errors"
	"fmt"
)

const (
	// MaxSockets is the largest number of sockets that one Spec may ask for.
	MaxSockets = 200_000
	// MaxProcesses is the largest number of processes in a Crew.
	MaxProcesses = 64
	// MaxChurn is the largest number of connections a second, short and replaced ones together.
	MaxChurn = 20_000

	// portsPerListener is how many connections one listener is asked to carry. They all come from one address, so
	// the kernel's ephemeral range (28,232 ports unless set otherwise) is the bound; near it connect becomes slow.
	portsPerListener = 20_000
)

// Spec is what to open, in sockets. Both ends of a connection are on this machine and both are counted.
type Spec struct {
	// Listen is the number of TCP listeners; one in four is on ::1, when there are so many.
	Listen int `json:"listen"`
	// Established is the number of sockets in ESTABLISHED, two for each connection.
	Established int `json:"established"`
	// CloseWait is the number of sockets in CLOSE_WAIT; each has its peer in FIN_WAIT_2 beside it.
	CloseWait int `json:"close_wait"`
	// TimeWait is the number of sockets in TIME_WAIT at the start. The kernel ends them after 60 s.
	TimeWait int `json:"time_wait"`
	// UDP is the number of UDP sockets, by turns bound and connected.
	UDP int `json:"udp"`
	// Churn is the number of connections a second that are opened, used for one message and closed.
	Churn int `json:"churn"`
	// Replace is the number of the established connections a second that are closed, both ends, and opened anew:
	// the number of sockets stays, and every new one has an owner to be found.
	Replace int `json:"replace"`
}

// Sockets returns the number of sockets that exist when s is open, without those of the churn.
func (s Spec) Sockets() int {
	return s.Listen + 2*s.connections() + 2*s.CloseWait + s.TimeWait + s.UDP
}

// connections returns the number of connections that make s.Established sockets, rounded up.
func (s Spec) connections() int { return (s.Established + 1) / 2 }

// descriptors returns the most descriptors one process needs to hold s; TIME_WAIT sockets have none.
func (s Spec) descriptors() uint64 {
	const spare = 64
	return uint64(s.Sockets()-s.TimeWait) + spare
}

// Check returns an error that says which number cannot be had, and what is allowed.
func (s Spec) Check() error {
	for _, n := range []int{s.Listen, s.Established, s.CloseWait, s.TimeWait, s.UDP, s.Churn, s.Replace} {
		if n < 0 || n > MaxSockets {
			return fmt.Errorf("%d is not a number of sockets: 0 to %d", n, MaxSockets)
		}
	}
	onListeners := s.connections() + s.CloseWait + s.TimeWait
	switch {
	case s.Sockets() > MaxSockets:
		return fmt.Errorf("%d sockets are too many: at most %d", s.Sockets(), MaxSockets)
	case s.Churn+s.Replace > MaxChurn:
		return fmt.Errorf("%d connections a second are too many: at most %d", s.Churn+s.Replace, MaxChurn)
	case s.Replace > s.connections():
		return fmt.Errorf("%d connections a second to replace, and only %d are established", s.Replace, s.connections())
	case s.Listen == 0 && onListeners+s.Churn > 0:
		return errors.New("connections need a listener: at least 1")
	case onListeners > portsPerListener*s.Listen:
		return fmt.Errorf("%d connections need more than %d listeners: at most %d each", onListeners, s.Listen, portsPerListener)
	}
	return nil
}

// Split shares s out over n processes as evenly as it goes; together the shares are s, with Established rounded up to
// whole connections. Processes without a listener would have nothing to connect to, so there are at most as many
// shares as listeners, and at least one.
func (s Spec) Split(n int) []Spec {
	n = max(1, min(n, s.Listen))
	shares := make([]Spec, n)
	for i := range shares {
		shares[i] = Spec{
			Listen:      share(s.Listen, n, i),
			Established: 2 * share(s.connections(), n, i),
			CloseWait:   share(s.CloseWait, n, i),
			TimeWait:    share(s.TimeWait, n, i),
			UDP:         share(s.UDP, n, i),
			Churn:       share(s.Churn, n, i),
			Replace:     share(s.Replace, n, i),
		}
	}
	return shares
}

// share returns the i-th of n nearly equal parts of total.
func share(total, n, i int) int {
	part := total / n
	if i < total%n {
		part++
	}
	return part
}
