package web

import (
	"context"
	"net/netip"
	"net/url"

	"sockeye/access"
	dns "sockeye/names"
	"sockeye/query"
)

// mayAsk reports whether a request may have this machine ask others for names or addresses. The owner's may. Whoever
// came by a link would send questions of their own choice from here, to name servers that they may run themselves.
func mayAsk(ctx context.Context) bool { return access.RoleOf(ctx) == access.Owner }

// asker reads the names of addresses for one reader. Without may it asks nobody, and knows what others have had asked.
type asker struct {
	cache *dns.Cache
	may   bool
}

// asks returns the asker of a request.
func asks(ctx context.Context, cache *dns.Cache) asker { return asker{cache, mayAsk(ctx)} }

// wait asks for the names and returns when all is answered, or ctx ends.
func (a asker) wait(ctx context.Context, addrs []netip.Addr) {
	if a.may {
		a.cache.Wait(ctx, addrs)
	}
}

// name returns what is known of an address now, "" for nothing.
func (a asker) name(addr netip.Addr) string {
	if a.may {
		return a.cache.Name(addr)
	}
	return a.cache.Known(addr)
}

// shareNames has those who come by a link use the host names in the filter of the page that it leads to: otherwise it
// would not show them what the owner sees. A page without a filter has none, and a name without an address tells
// its reason to whoever comes.
func (s *Site) shareNames(ctx context.Context, page string) {
	u, err := url.Parse(page)
	if err != nil {
		return
	}
	if q, _, err := query.FromURL(u.RawQuery); err == nil {
		s.hub.book.share(ctx, q)
	}
}
