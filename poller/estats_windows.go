package poller

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"sockeye/poller/iphlp"
)

// statistics reads what Windows counts of single connections. Windows counts only where that was switched on for the
// connection, which an administrator may: then it is switched on for every connection as it is first seen, and the
// counters run from that moment. One goroutine uses it.
type statistics struct {
	// get and set are for IPv4 and IPv6.
	get, set [2]*windows.LazyProc
	missing  bool // the system has no such function
	refused  bool // this user may not switch it on
	known    bool // at least one connection was counted
	on, seen map[ID]bool
	buffer   [160]byte
}

func newStatistics() *statistics {
	s := &statistics{
		get: [2]*windows.LazyProc{iphlpapi("GetPerTcpConnectionEStats"), iphlpapi("GetPerTcp6ConnectionEStats")},
		set: [2]*windows.LazyProc{iphlpapi("SetPerTcpConnectionEStats"), iphlpapi("SetPerTcp6ConnectionEStats")},
		on:  map[ID]bool{},
	}
	for i := range s.get {
		s.missing = s.missing || s.get[i].Find() != nil || s.set[i].Find() != nil
	}
	return s
}

// notes says to the reader why there are no bytes.
func (s *statistics) notes() []string {
	switch {
	case s.missing:
		return []string{"This Windows keeps no statistics of single connections: bytes and round-trip times are not known; /platforms says what else."}
	case s.refused && !s.known:
		return []string{"Windows counts the bytes of a connection only where an administrator has that switched on: run sockeye as administrator to see bytes and round-trip times."}
	}
	return nil
}

// begin and end stand around a poll; what was switched on for connections that are gone is forgotten.
func (s *statistics) begin() { s.seen = make(map[ID]bool, len(s.on)) }
func (s *statistics) end()   { s.on = s.seen }

// of fills in what is known of one connection.
func (s *statistics) of(t iphlp.Table, r *iphlp.Row, socket *Socket) {
	if s.missing {
		return
	}
	v6 := 0
	if t.V6() {
		v6 = 1
	}
	key := r.Key(t.V6())
	on := s.on[socket.ID]
	if !on && !s.refused {
		on = s.switchOn(v6, key, iphlp.KindData) && s.switchOn(v6, key, iphlp.KindPath)
	}
	if on {
		s.seen[socket.ID] = true
	}
	if b := s.read(v6, key, iphlp.KindData); b != nil {
		if d, err := iphlp.ParseData(b); err == nil {
			socket.setData(d)
			s.known = true
		}
	}
	if b := s.read(v6, key, iphlp.KindPath); b != nil {
		if p, err := iphlp.ParsePath(b); err == nil {
			socket.setPath(p)
		}
	}
}

// switchOn has one set of statistics collected for a connection.
func (s *statistics) switchOn(v6 int, key []byte, kind iphlp.Kind) bool {
	enable := [1]byte{1}
	r, _, _ := s.set[v6].Call(uintptr(unsafe.Pointer(&key[0])), uintptr(kind), uintptr(unsafe.Pointer(&enable[0])), 0, 1, 0)
	s.refused = s.refused || windows.Errno(r) == windows.ERROR_ACCESS_DENIED
	return r == 0
}

// read returns one set of statistics, nil where it is not collected; good until the next call.
func (s *statistics) read(v6 int, key []byte, kind iphlp.Kind) []byte {
	var enabled [1]byte
	b := s.buffer[:kind.Size()]
	r, _, _ := s.get[v6].Call(uintptr(unsafe.Pointer(&key[0])), uintptr(kind), uintptr(unsafe.Pointer(&enabled[0])), 0, 1,
		0, 0, 0, uintptr(unsafe.Pointer(&b[0])), 0, uintptr(len(b)))
	if r != 0 || enabled[0] == 0 {
		return nil
	}
	return b
}
