package poller

import (
	"net/netip"
	"time"

	"sockeye/poller/iphlp"
)

// iphlpStates maps the states of Windows to ours.
var iphlpStates = [...]State{
	iphlp.Closed: StateClosed, iphlp.Listen: StateListen, iphlp.SynSent: StateSynSent, iphlp.SynReceived: StateSynReceived,
	iphlp.Established: StateEstablished, iphlp.FinWait1: StateFinWait1, iphlp.FinWait2: StateFinWait2,
	iphlp.CloseWait: StateCloseWait, iphlp.Closing: StateClosing, iphlp.LastAck: StateLastAck,
	iphlp.TimeWait: StateTimeWait, iphlp.DeleteTCB: StateClosed,
}

// socketOfRow turns a row of a table into a Socket, all but its ID. zone names an interface by its index.
func socketOfRow(t iphlp.Table, r *iphlp.Row, zone func(uint32) string) Socket {
	s := Socket{Protocol: UDP, Family: IPv4, State: StateNone, PID: int32(r.PID)}
	unspecified := netip.IPv4Unspecified()
	if t.V6() {
		s.Family, unspecified = IPv6, netip.IPv6Unspecified()
	}
	s.Local, s.Remote = endOf(r.Local, r.LocalScope, zone), netip.AddrPortFrom(unspecified, 0)
	if t.TCP() {
		s.Protocol, s.State = TCP, WindowsState(r.State)
		if r.State != iphlp.Listen { // the remote end of a listener means nothing
			s.Remote = endOf(r.Remote, r.RemoteScope, zone)
		}
	}
	if !r.Created.IsZero() {
		s.Created = r.Created.UnixNano()
	}
	return s
}

// counts reports whether Windows can have statistics of the connection.
func counts(t iphlp.Table, r *iphlp.Row) bool {
	switch r.State {
	case iphlp.Established, iphlp.FinWait1, iphlp.FinWait2, iphlp.CloseWait, iphlp.Closing, iphlp.LastAck:
		return t.TCP()
	}
	return false
}

// setData takes over what Windows counted of a connection's bytes.
func (s *Socket) setData(d iphlp.Data) {
	s.BytesReceived, s.BytesSent, s.Known = d.Received, d.Acked, s.Known|KnownBytes
}

// setPath takes over what Windows measured of a connection's way.
func (s *Socket) setPath(p iphlp.Path) {
	s.Retransmits, s.Known = p.Retransmits, s.Known|KnownRetransmits
	if p.RTT > 0 {
		s.RTT, s.Known = uint32(p.RTT/time.Microsecond), s.Known|KnownRTT
	}
}

// WindowsState returns the state that Windows has by a number (MIB_TCP_STATE), StateUnknown for one that there is not.
func WindowsState(n uint32) State {
	if int(n) < len(iphlpStates) {
		return iphlpStates[n]
	}
	return StateUnknown
}
