package web

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sockeye/poller"
)

// exportNames is how long an answer waits for names in all.
const exportNames = 2 * time.Second

// nameRows asks for the names of the remote addresses of all rows, where the reader may, and returns those that are known
// in time. It is done before the answer begins.
func (s *Site) nameRows(ctx context.Context, rows []poller.Connection) map[netip.Addr]string {
	ctx, cancel := context.WithTimeout(ctx, exportNames)
	defer cancel()
	named := map[netip.Addr]string{}
	var addrs []netip.Addr
	for i := range rows {
		addr := remoteOf(&rows[i])
		if _, there := named[addr]; !there && addr.IsValid() {
			named[addr] = ""
			addrs = append(addrs, addr)
		}
	}
	a := asks(ctx, s.names)
	a.wait(ctx, addrs)
	for _, addr := range addrs {
		named[addr] = a.name(addr)
	}
	return named
}

// fields returns the facts of the rows, remote_name among them where the view wants names.
func (e *export) fields() []field {
	all := dataFields()
	if e.named == nil {
		return all
	}
	i := slices.IndexFunc(all, func(f field) bool { return f.name == "remote_name" })
	all[i].of = func(c *poller.Connection, _ time.Time) value { return textOf(e.named[remoteOf(c)]) }
	return all
}
