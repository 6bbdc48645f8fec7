package diagnose

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// proxyVariables are the variables of the environment that programs take a proxy from.
var proxyVariables = []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}

// proxy is a proxy that the environment names.
type proxy struct {
	variables []string // that name it
	value     string   // with no password in it
	address   *url.URL
	bad       string // why it cannot be used at all, "" where it can
	dial      attempt
	status    int // of its answer to CONNECT
	socks     bool
	err       error
	took      time.Duration
}

// works reports whether it led to the first of the names.
func (p *proxy) works() bool {
	return p.bad == "" && p.err == nil && (p.status == http.StatusOK || p.socks)
}

// words says what came of it.
func (p *proxy) words() string {
	switch {
	case p.bad != "":
		return p.bad
	case p.works():
		return "it leads through"
	case p.dial.outcome != connected:
		return "no connection to it: " + p.dial.answer()
	case p.status == http.StatusProxyAuthRequired:
		return "it wants a user and a password"
	case p.status != 0:
		return fmt.Sprintf("it refuses with status %d", p.status)
	case p.err != nil:
		return "what answers is no proxy: " + p.err.Error()
	}
	return "it does not answer as a proxy would"
}

// proxySettings tries every proxy that the environment names.
func (l *ladder) proxySettings(ctx context.Context, r *Rung) {
	e := &l.e
	e.proxies = l.fromEnvironment()
	if len(e.proxies) == 0 {
		r.Status, r.Result = Skipped, "No proxy is set in the environment of this program."
		return
	}
	inParallel(len(e.proxies), func(i int) { l.tryProxy(ctx, &e.proxies[i]) })
	r.Result = "The proxy that is set leads through."
	for i := range e.proxies {
		p := &e.proxies[i]
		r.fact("CONNECT through "+p.value+" (from "+strings.Join(p.variables, ", ")+")", p.words(), p.took)
		if !p.works() {
			r.Status, r.Result = Trouble, "The proxy "+p.value+" that "+p.variables[0]+" names cannot be used: "+p.words()+"."
		}
	}
}

// fromEnvironment reads the variables; one proxy that several name is tried once.
func (l *ladder) fromEnvironment() (list []proxy) {
	for _, name := range proxyVariables {
		value := strings.TrimSpace(l.o.Env(name))
		if value == "" {
			continue
		}
		p := parseProxy(value)
		if i := slices.IndexFunc(list, func(o proxy) bool { return o.value == p.value }); i >= 0 {
			if !slices.ContainsFunc(list[i].variables, func(v string) bool { return strings.EqualFold(v, name) }) {
				list[i].variables = append(list[i].variables, name)
			}
			continue
		}
		p.variables = []string{name}
		list = append(list, p)
	}
	return list
}

// parseProxy reads the value of a variable.
func parseProxy(value string) proxy {
	text := value
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return proxy{value: "(unreadable)", bad: "its value is no address"}
	case u.Hostname() == "":
		return proxy{value: u.Redacted(), bad: "its value has no host"}
	}
	p := proxy{value: u.Redacted(), address: u}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		p.bad = "it begins with " + u.Scheme + "://, which is no kind of proxy"
	}
	return p
}

// port returns the port of a proxy, by its kind where none is named.
func (p *proxy) port() string {
	switch {
	case p.address.Port() != "":
		return p.address.Port()
	case p.address.Scheme == "https":
		return "443"
	case strings.HasPrefix(p.address.Scheme, "socks"):
		return "1080"
	}
	return "80"
}

// tryProxy connects to a proxy and asks it for a way to the first of the names.
func (l *ladder) tryProxy(ctx context.Context, p *proxy) {
	if p.bad != "" {
		return
	}
	begun := time.Now()
	defer func() { p.took = time.Since(begun) }()
	found := l.find(ctx, p.address.Hostname()).addresses()
	if len(found) == 0 {
		p.bad = "its name " + p.address.Hostname() + " has no address"
		return
	}
	port, err := netip.ParseAddrPort("0.0.0.0:" + p.port())
	if err != nil {
		p.bad = "its port is not a number from 1 to 65535"
		return
	}
	conn, a := connect(ctx, netip.AddrPortFrom(l.routable(found)[0], port.Port()), connectPatience, how{})
	if p.dial = a; conn == nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(tlsPatience)) // an error here is one of what follows, too
	if p.address.Scheme == "https" {
		return // its TLS is the business of the program that uses it; that it answers is known
	}
	if strings.HasPrefix(p.address.Scheme, "socks") {
		p.socks, p.err = greetSOCKS(conn)
		return
	}
	p.status, p.err = askCONNECT(conn, l.o.Names, p.address)
}

// greetSOCKS offers to go without a password or with one (RFC 1928 section 3).
func greetSOCKS(conn net.Conn) (ok bool, err error) {
	if _, err := conn.Write([]byte{5, 2, 0, 2}); err != nil {
		return false, err
	}
	reply := make([]byte, 2)
	if _, err := conn.Read(reply); err != nil {
		return false, err
	}
	if reply[0] != 5 || reply[1] == 0xff {
		return false, errors.New("it does not speak SOCKS 5")
	}
	return true, nil
}

// askCONNECT asks for a way to the first of the names (RFC 9110 section 9.3.6).
func askCONNECT(conn net.Conn, names []string, address *url.URL) (status int, err error) {
	to := "example.com:443"
	if len(names) > 0 {
		to = names[0]
	}
	head := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\nUser-Agent: sockeye\r\n"
	if address.User != nil {
		password, _ := address.User.Password()
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(address.User.Username()+":"+password)) + "\r\n"
	}
	if _, err := conn.Write([]byte(head + "\r\n")); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return 0, err
	}
	_ = response.Body.Close() // the connection is closed anyway
	return response.StatusCode, nil
}
