package diagnose

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// portal is what came back from the page that tells of sign-in pages.
type portal struct {
	asked   bool // an answer came
	captive bool // of somebody else
	status  int
	host    string // that the answer leads to, "" for none
	date    time.Time
	took    time.Duration
	err     error
}

// words says what came back.
func (p *portal) words() string {
	switch {
	case !p.asked && p.err != nil:
		return attempt{outcome: classify(p.err), err: p.err}.answer()
	case !p.asked:
		return "not asked"
	case !p.captive:
		return "nobody stands between"
	case p.host != "":
		return "it leads to " + p.host
	}
	return "a page with status " + strconv.Itoa(p.status) + " that the server would not send"
}

// askPortal asks the page without following it. Where its name gives no address, the addresses that stand for the
// internet are asked in its name: a sign-in page answers for everybody.
func (l *ladder) askPortal(ctx context.Context) portal {
	u, err := url.Parse(l.o.Portal)
	if err != nil || u.Host == "" {
		return portal{err: errors.New("the address of the page is wrong")}
	}
	port := uint16(80)
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		port = uint16(n)
	}
	named := l.find(ctx, u.Hostname()).addresses()
	list, strict := named, true
	if len(list) == 0 {
		strict = false
		for _, a := range l.o.Internet {
			list = append(list, a.Addr())
		}
	}
	list = l.routable(list)
	list = list[:min(len(list), maxTries)]
	results := make([]portal, len(list))
	inParallel(len(list), func(i int) { results[i] = fetch(ctx, u, netip.AddrPortFrom(list[i], port), strict) })
	var best portal
	for _, p := range results {
		if p.asked && (!best.asked || best.captive) || best.err == nil && !best.asked {
			best = p
		}
	}
	return best
}

// fetch asks one address for the page. Strict says that it is the page's own server, whose answer is known; of others
// only a redirection to a third is taken for a sign-in page.
func fetch(ctx context.Context, u *url.URL, at netip.AddrPort, strict bool) (p portal) {
	ctx, cancel := context.WithTimeout(ctx, tlsPatience)
	defer cancel()
	begun := time.Now()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, a := connect(ctx, at, connectPatience, how{})
		return c, a.err
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, Proxy: nil, MaxResponseHeaderBytes: 1 << 16}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return portal{err: err}
	}
	request.Header.Set("User-Agent", "sockeye")
	response, err := transport.RoundTrip(request)
	p.took = time.Since(begun)
	if err != nil {
		p.err = err
		return p
	}
	_ = response.Body.Close() // its head is all that counts
	p.asked, p.status = true, response.StatusCode
	if to, err := response.Location(); err == nil && to.Hostname() != u.Hostname() && to.Hostname() != at.Addr().String() {
		p.host = to.Hostname()
	}
	if t, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		p.date = t
	}
	redirects := p.status/100 == 3 && p.host != "" || p.status == http.StatusNetworkAuthenticationRequired
	p.captive = redirects || strict && p.status == http.StatusOK
	return p
}
