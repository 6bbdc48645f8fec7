package sockdiag

import (
	"errors"
	"net/netip"
	"testing"
)

// TestPeerUser: only an established socket between exactly these ends, with an inode, has a user.
func TestPeerUser(t *testing.T) {
	client, server := netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:8080")
	good := Record{State: Established, Inode: 7, UID: 1000, Source: client, Destination: server}
	with := func(change func(*Record)) Record {
		r := good
		change(&r)
		return r
	}
	mapped := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	for name, test := range map[string]struct {
		r  Record
		ok bool
	}{
		"established": {good, true},
		"mapped": {with(func(r *Record) {
			r.Source, r.Destination = mapped("[::ffff:127.0.0.1]:40000"), mapped("[::ffff:127.0.0.1]:8080")
		}), true},
		"FIN_WAIT_2 without socket": {with(func(r *Record) { r.State, r.UID, r.Inode = FinWait2, 0, 0 }), false},
		"TIME_WAIT":                 {with(func(r *Record) { r.State, r.UID, r.Inode, r.Timer = TimeWait, 0, 0, TimerTimeWait }), false},
		"orphan":                    {with(func(r *Record) { r.UID, r.Inode = 0, 0 }), false},
		"listener of the port":      {with(func(r *Record) { r.State, r.Destination = Listen, netip.AddrPort{} }), false},
		"the other way round":       {with(func(r *Record) { r.Source, r.Destination = server, client }), false},
		"another port":              {with(func(r *Record) { r.Source = mapped("127.0.0.1:40001") }), false},
	} {
		uid, err := peerUser(&test.r, client, server)
		if test.ok && (err != nil || uid != 1000) || !test.ok && !errors.Is(err, ErrNoPeer) {
			t.Errorf("%s: %d, %v", name, uid, err)
		}
	}
}
