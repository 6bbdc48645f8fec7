package query

import (
	"net/netip"
	"strings"

	"sockeye/poller"
	"sockeye/ports"
)

// servicePort is the ports that are known by the name of a service, each with its protocol.
type servicePort struct {
	kind *numberKind
	name string
	// tcp and udp are the ports of each protocol.
	tcp, udp []int64
}

// readService returns the ports of a service; ok is false where no service has that name. Where a service has the
// name as its own, others that are also called so are not meant.
func (k *numberKind) readService(text string) (v value, ok bool) {
	services := ports.ByName(text)
	if len(services) == 0 {
		return nil, false
	}
	s := &servicePort{kind: k, name: strings.ToLower(text)}
	own := services[0].Name == s.name
	for _, one := range services {
		switch {
		case own && one.Name != s.name:
		case one.Protocol == "udp":
			s.udp = append(s.udp, int64(one.Port))
		default:
			s.tcp = append(s.tcp, int64(one.Port))
		}
	}
	return s, true
}

// match reports whether one of the ports that the key looks at is the service's in this protocol.
func (s *servicePort) match(c *poller.Connection) bool {
	wanted := s.tcp
	if c.Protocol == poller.UDP {
		wanted = s.udp
	}
	for _, of := range s.kind.of {
		n := of(c)
		for _, port := range wanted {
			if n == port {
				return true
			}
		}
	}
	return false
}

// text returns the name.
func (s *servicePort) text() string { return s.name }

// localService returns the name of what the local port is for.
func localService(c *poller.Connection) string { return serviceName(c.Protocol, c.Local) }

// remoteService returns the name of what the remote port is for, "" where the socket is not connected.
func remoteService(c *poller.Connection) string {
	if !c.Connected() {
		return ""
	}
	return serviceName(c.Protocol, c.Remote)
}

// serviceName returns the name of what a port is for, "" where that is not known.
func serviceName(p poller.Protocol, end netip.AddrPort) string {
	if end.Port() == 0 {
		return ""
	}
	s, _ := ports.Lookup(end.Port(), p.String())
	return s.Name
}
