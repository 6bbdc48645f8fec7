package web

import (
	"net/netip"
	"strconv"
	"strings"

	"sockeye/poller"
)

// seen hands count every value that a connection has for a key, each once; "" where there is none.
func seen(key string, c *poller.Connection, count func(name string)) {
	local, remote := "", ""
	switch key {
	case "proc":
		if c.Owner != nil {
			count(c.Owner.Name)
		}
		return
	case "user":
		count(c.User)
		return
	case "pid":
		if id := c.OwnerPID(); id > 0 {
			count(strconv.Itoa(int(id)))
		}
		return
	case "ip", "lip", "rip":
		local, remote = addressText(c.Local.Addr()), addressText(c.Remote.Addr())
	case "port", "lport", "rport":
		local, remote = strconv.Itoa(int(c.Local.Port())), strconv.Itoa(int(c.Remote.Port()))
	case "svc":
		local, remote = serviceName(c.Local.Port(), c.Protocol.String()), serviceName(c.Remote.Port(), c.Protocol.String())
	}
	if !c.Connected() {
		remote = ""
	}
	if !strings.HasPrefix(key, "r") {
		count(local)
	}
	if !strings.HasPrefix(key, "l") && (remote != local || strings.HasPrefix(key, "r")) {
		count(remote)
	}
}

// addressText returns an address as the filter prints it.
func addressText(a netip.Addr) string { return a.Unmap().String() }

// portNumber returns the port that a value of a key names.
func portNumber(key, name string) (port uint16, ok bool) {
	if !strings.HasSuffix(key, "port") {
		return 0, false
	}
	n, err := strconv.ParseUint(name, 10, 16)
	return uint16(n), err == nil
}
