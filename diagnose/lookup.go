package diagnose

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// reply is what one name server says of a name.
type reply struct {
	server netip.AddrPort
	v4, v6 answer
}

// addresses returns the addresses of both families, v4 first.
func (r reply) addresses() []netip.Addr {
	return append(slices.Clone(r.v4.addresses), r.v6.addresses...)
}

// lookup is what became of a name.
type lookup struct {
	name string
	// hosts are the addresses that the hosts file gives it; the system asks nobody where there are any.
	hosts []netip.Addr
	// asked is the full name that gave an address, or the last that was asked.
	asked string
	// replies are what each server said to asked.
	replies []reply
	// trap is set where asked is the name with a search domain behind it although the name itself has addresses too.
	trap bool
}

// addresses returns what a program would get: those of the hosts file, or of all servers, each once.
func (l lookup) addresses() (list []netip.Addr) {
	if len(l.hosts) > 0 {
		return l.hosts
	}
	for _, r := range l.replies {
		for _, a := range r.addresses() {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// missing reports whether every server that answered says that there is no such name, or none with an address.
func (l lookup) missing() bool {
	answered := false
	for _, r := range l.replies {
		if r.v4.outcome == connected || r.v6.outcome == connected {
			answered = true
			if r.v4.refuses() || r.v6.refuses() || len(r.addresses()) > 0 {
				return false
			}
		}
	}
	return answered && len(l.hosts) == 0
}

// find looks a name up as the system does: the hosts file, then the name servers, with the search domains where they
// apply. Servers are asked all at once. An address is its own name.
func (l *ladder) find(ctx context.Context, name string) lookup {
	found := lookup{name: name, asked: name}
	if a, err := netip.ParseAddr(name); err == nil {
		found.hosts = []netip.Addr{a}
		return found
	}
	found.hosts = parseHosts(l.hosts, name)
	list := l.conf.candidates(name)
	for _, full := range list {
		found.asked = full
		if found.replies = l.askAll(ctx, l.servers, full); len(found.fromServers()) > 0 {
			break
		}
	}
	if found.asked != name+"." && slices.Contains(list, name+".") {
		for _, r := range l.askAll(ctx, l.servers, name+".") {
			found.trap = found.trap || len(r.addresses()) > 0
		}
	}
	return found
}

// fromServers returns the addresses that the servers gave.
func (l lookup) fromServers() []netip.Addr { l.hosts = nil; return l.addresses() }

// askAll asks all servers for the addresses of a name. It returns when all have answered, or soon after one has.
func (l *ladder) askAll(ctx context.Context, servers []netip.AddrPort, name string) []reply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var lock sync.Mutex
	var soon *time.Timer // guarded by lock
	replies := make([]reply, len(servers))
	inParallel(len(servers), func(i int) {
		r := reply{server: servers[i]}
		all(
			func() { r.v4 = ask(ctx, "udp", servers[i], name, dns.TypeA) },
			func() { r.v6 = ask(ctx, "udp", servers[i], name, dns.TypeAAAA) },
		)
		lock.Lock()
		defer lock.Unlock()
		replies[i] = r
		if len(r.addresses()) > 0 && soon == nil {
			soon = time.AfterFunc(othersPatience, cancel)
		}
	})
	if soon != nil {
		soon.Stop()
	}
	return replies
}

// othersPatience is how long other servers may take once one has answered.
const othersPatience = 300 * time.Millisecond
