package main

import (
	"net"
	"net/netip"
	"os"
	"strconv"

	"sockeye/poller/sockdiag"
)

// ownerUIDs returns the users who own this program's view of the machine: whoever started it, behind sudo the one who
// called that, and root, who sees everything anyway. None on a system without such numbers.
func ownerUIDs(env func(string) (string, bool)) []uint32 {
	me := os.Geteuid()
	if me < 0 { // Windows
		return nil
	}
	uids := []uint32{0, uint32(me)}
	if name, ok := env("SUDO_UID"); ok && me == 0 {
		if uid, err := strconv.ParseUint(name, 10, 32); err == nil {
			uids = append(uids, uint32(uid))
		}
	}
	return uids
}

// knowsPeers reports whether the system can tell whose a loopback connection is. It tries it, with a connection to
// itself: a sandbox may lack sock_diag, and a user namespace may have no number for this user.
func knowsPeers() bool {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return false
	}
	defer c.Close()
	client, okClient := netipOf(c.LocalAddr())
	server, okServer := netipOf(c.RemoteAddr())
	if !okClient || !okServer {
		return false
	}
	uid, err := sockdiag.PeerUID(client, server)
	return err == nil && int(uid) == os.Geteuid()
}

// netipOf returns the address of a TCP connection's end.
func netipOf(a net.Addr) (netip.AddrPort, bool) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	return tcp.AddrPort(), true
}
