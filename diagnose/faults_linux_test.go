package diagnose

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "write docs/diagnosis.md anew")

// fault is one thing that is broken in a laboratory, and the verdict that is right.
type fault struct {
	name  string
	make  func(*network)
	place Place
	cause string // "" where all is well
}

// rules is a table of nftables with one chain.
func rules(hook, body string) string {
	return "table inet lab {\n chain c {\n type filter hook " + hook + " priority 0\n " + strings.ReplaceAll(body, "; ", "\n ") + "\n }\n}"
}

// faults are the faults of the laboratory. Each makes one thing wrong in a network in which all is well.
var faults = []fault{
	{"carrier down", func(n *network) { n.router.ip("link set lan down") }, PlaceMachine, causeNoCarrier},
	{"interface switched off", func(n *network) { n.client.ip("link set lan0 down") }, PlaceMachine, causeOff},
	{"no address", func(n *network) { n.client.ip("addr flush dev lan0") }, PlaceMachine, causeNoAddress},
	{"link-local only", func(n *network) {
		n.client.ip("addr flush dev lan0", "addr add 169.254.3.4/16 dev lan0")
	}, PlaceMachine, causeLinkLocal},
	{"duplicate address", func(n *network) {
		other := newNamespace(n.t, "another machine")
		n.router.ip("link add br0 type bridge", "link set br0 up", "addr flush dev lan", "link set lan master br0", "addr add "+routerV4+"/24 dev br0", "addr add "+routerV6+"/64 dev br0")
		link(n.router, "port", other, "eth0")
		n.router.ip("link set port master br0")
		other.ip("addr add " + clientV4 + "/24 dev eth0")
	}, PlaceMachine, causeDuplicate},
	{"no default route", func(n *network) { n.client.ip("route del default", "-6 route del default") }, PlaceMachine, causeNoRoute},
	{"two default routes, the wrong one preferred", func(n *network) { n.secondRoute("50") }, PlaceMachine, causeWrongRoute},
	{"two default routes, the wrong one preferred, beside IPv6", func(n *network) { n.secondRoute("050") }, PlaceMachine, causeWrongRoute},
	{"two routers on one cable, the wrong one preferred", func(n *network) {
		n.router.ip("link add br0 type bridge", "link set br0 up", "addr flush dev lan", "link set lan master br0", "addr add "+routerV4+"/24 dev br0", "addr add "+routerV6+"/64 dev br0")
		other := newNamespace(n.t, "idle router")
		link(n.router, "port", other, "eth0")
		n.router.ip("link set port master br0")
		other.ip("addr add 192.168.7.9/24 dev eth0")
		n.client.ip("-6 route del default", "route add default via 192.168.7.9 metric 10")
	}, PlaceMachine, causeWrongRoute},
	{"default route by an interface without a link", func(n *network) {
		n.secondRoute("50")
		n.second.ip("link set lan down")
	}, PlaceMachine, causeDeadRoute},
	{"VPN that leads nowhere", func(n *network) {
		n.client.ip("tuntap add vpn0 mode tun", "link set vpn0 up", "addr add 10.8.0.2/24 dev vpn0", "route add 0.0.0.0/1 dev vpn0", "route add 128.0.0.0/1 dev vpn0", "-6 route del default")
		n.holdTunnel("vpn0")
	}, PlaceMachine, causeWrongRoute},
	{"router dead", func(n *network) {
		n.router.nft("table netdev lab {\n chain c {\n type filter hook ingress device \"lan\" priority 0\n drop\n }\n}")
	}, PlaceRouter, causeGateway},
	{"router in no network of this machine", func(n *network) {
		n.client.ip("-6 route del default", "route del default", "route add default via 192.168.70.1 dev lan0 onlink")
	}, PlaceMachine, causeOffLink},
	{"router dead, without the right to raw packets", func(n *network) {
		n.router.nft("table netdev lab {\n chain c {\n type filter hook ingress device \"lan\" priority 0\n drop\n }\n}")
		n.options.NoRaw = true
	}, PlaceRouter, causeGateway},
	{"line down, without the right to raw packets", func(n *network) { n.internet.ip("link set net0 down"); n.options.NoRaw = true }, PlaceLine, causeNoInternet},
	{"20 % loss beyond a router that ignores pings", func(n *network) {
		n.router.nft(rules("forward", "oifname wan numgen inc mod 5 == 0 drop"))
		n.router.nft("table inet deaf {\n chain c {\n type filter hook input priority 0\n icmp type echo-request drop\n icmpv6 type echo-request drop\n }\n}")
	}, PlaceLine, causeLossLine},
	{"resolver dead", func(n *network) { n.dns.do(saysNothing); n.dns.servers[1].Listener.Close() }, PlaceResolver, causeResolverSilent},
	{"resolver not running", func(n *network) { n.dns.stop() }, PlaceResolver, causeResolverRefuses},
	{"name server of this machine whose upstream is dead", func(n *network) {
		n.stub().do(says(dns.RcodeServerFailure))
		n.dns.do(saysNothing)
	}, PlaceResolver, causeResolverRefuses},
	{"name server of this machine not running", func(n *network) { n.stub().stop() }, PlaceResolver, causeResolverRefuses},
	{"resolver refusing", func(n *network) { n.dns.do(says(dns.RcodeRefused)) }, PlaceResolver, causeResolverRefuses},
	{"resolver failing", func(n *network) { n.dns.do(says(dns.RcodeServerFailure)) }, PlaceResolver, causeResolverRefuses},
	{"resolver answering wrong", func(n *network) {
		n.dns.do(sendsTo(internetV4 + "21"))
	}, PlaceResolver, causeResolverLies},
	{"resolver sending everything nowhere", func(n *network) { n.dns.do(sendsTo("0.0.0.0")) }, PlaceResolver, causeResolverLies},
	{"resolver denying everything", func(n *network) { n.dns.do(says(dns.RcodeNameError)) }, PlaceResolver, causeResolverLies},
	{"no resolver set", func(n *network) { n.options.ResolvConf += ".missing" }, PlaceMachine, causeNoResolver},
	{"one of two resolvers dead", func(n *network) { n.twoResolvers(); n.dns2.do(saysNothing) }, PlaceResolver, causeOneSilent},
	{"one of two resolvers refusing", func(n *network) { n.twoResolvers(); n.dns.do(says(dns.RcodeRefused)) }, PlaceResolver, causeOneRefuses},
	{"one of two resolvers answering wrong", func(n *network) { n.twoResolvers(); n.dns2.do(sendsTo(internetV4 + "20")) }, PlaceResolver, causeOneLies},
	{"slow resolver", func(n *network) { n.dns.do(takes(1500 * time.Millisecond)) }, PlaceResolver, causeResolverSlow},
	{"hosts-file override", func(n *network) { n.write("hosts", internetV4+"20 www.example.org\n") }, PlaceMachine, causeHosts},
	{"search domain that answers for everything", func(n *network) {
		n.write("resolv.conf", "nameserver 10.53.0.2\nsearch corp.example\noptions ndots:5\n")
		n.dns.do(func(w dns.ResponseWriter, q *dns.Msg) bool {
			return strings.HasSuffix(q.Question[0].Name, ".corp.example.") && sendsTo(internetV4+"20")(w, q)
		})
	}, PlaceMachine, causeTrap},
	{"no forwarding beyond the router", func(n *network) { n.router.nft(rules("forward", "oifname wan drop")) }, PlaceLine, causeNoInternet},
	{"router without a way to the internet", func(n *network) { n.router.ip("route del default", "-6 route del default") }, PlaceLine, causeNoInternet},
	{"line down", func(n *network) { n.internet.ip("link set net0 down") }, PlaceLine, causeNoInternet},
	{"v6 broken", func(n *network) { n.router.nft(rules("forward", "meta nfproto ipv6 drop")) }, PlaceLine, causeV6},
	{"v4 broken", func(n *network) {
		n.router.nft(rules("forward", "ip daddr 203.0.113.0/24 drop"))
	}, PlaceLine, causeV4},
	{"target refused", func(n *network) { n.options.Target = "refuses.example.org:443" }, PlaceServer, causeRefused},
	{"target silent", func(n *network) { n.options.Target = "silent.example.org:443" }, PlaceServer, causeSilent},
	{"target resets", func(n *network) { n.options.Target = "resets.example.org:443" }, PlaceServer, causeResets},
	{"target without TLS resets", func(n *network) { n.options.Target = "resets.example.org:7000" }, PlaceServer, causeResets},
	{"target accepts and is mute", func(n *network) { n.options.Target = internetV4 + "26:443" }, PlaceServer, causeTLSSilent},
	{"target is this machine, by a port for itself only", func(n *network) {
		n.accept(n.client, "127.0.0.1:5432", func(c net.Conn) { _ = c.Close() })
		n.options.Target, n.options.Table = clientV4+":5432", true
	}, PlaceMachine, causeLoopback},
	{"target has no name", func(n *network) { n.options.Target = "no-such-thing.example.org:443" }, PlaceServer, causeNoName},
	{"target behind a hosts-file override", func(n *network) {
		n.write("hosts", internetV4+"20 www.example.net\n")
		n.options.Target, n.options.Names = "www.example.net:443", []string{"www.example.org:443"}
	}, PlaceMachine, causeHosts},
	{"target on this network is not there", func(n *network) { n.options.Target = "192.168.7.77:80" }, PlaceServer, causeUnreachable},
	{"TLS wrong name", func(n *network) { n.options.Target = "wrong-name.example.org:443" }, PlaceServer, causeTLSName},
	{"TLS expired", func(n *network) { n.options.Target = "expired.example.org:443" }, PlaceServer, causeTLSExpired},
	{"wrong clock", func(n *network) { n.options.Ahead = 400 * 24 * time.Hour }, PlaceMachine, causeClock},
	{"intercepted certificates", func(n *network) { n.write("roots.pem", string(newWorld(n.t).roots)) }, PlaceRouter, causeIntercepted},
	{"captive portal", func(n *network) { n.portal() }, PlaceRouter, causePortal},
	{"MTU black hole", func(n *network) {
		n.router.nft(rules("forward", "ip length > 1300 drop; ip6 length > 1260 drop"))
	}, PlaceLine, causeBlackHole},
	{"local firewall dropping", func(n *network) { n.client.nft(rules("output", "oifname lan0 tcp dport { 80, 443 } drop")) }, PlaceMachine, causeFirewallDrops},
	{"local firewall dropping, without the right to raw packets", func(n *network) {
		n.client.nft(rules("output", "oifname lan0 tcp dport { 80, 443 } drop"))
		n.options.NoRaw = true
	}, PlaceMachine, causeFirewallDrops},
	{"local firewall dropping everything", func(n *network) { n.client.nft(rules("output", "oifname lan0 drop")) }, PlaceMachine, causeFirewallDrops},
	{"local firewall dropping what comes", func(n *network) {
		n.client.nft(rules("input", "iifname lan0 meta l4proto { tcp, udp, icmp } drop"))
		n.client.ip("-6 route del default")
	}, PlaceMachine, causeFirewallDrops},
	{"local firewall rejecting", func(n *network) { n.client.nft(rules("output", "oifname lan0 meta l4proto tcp reject with tcp reset")) }, PlaceMachine, causeFirewallRejec},
	{"local firewall rejecting by ICMP", func(n *network) {
		n.client.nft(rules("output", "oifname lan0 meta l4proto tcp reject with icmpx admin-prohibited"))
	}, PlaceMachine, causeFirewallRejec},
	{"local firewall dropping names", func(n *network) { n.client.nft(rules("output", "udp dport 53 drop; tcp dport 53 drop")) }, PlaceMachine, causeFirewallDrops},
	{"proxy variable wrong", func(n *network) { n.options.Env["https_proxy"] = "http://" + internetV4 + "20:3128" }, PlaceMachine, causeProxy},
	{"proxy variable unreadable", func(n *network) { n.options.Env["HTTP_PROXY"] = "proxy example org" }, PlaceMachine, causeProxy},
	{"20 % loss beyond the router", func(n *network) { n.router.nft(rules("forward", "oifname wan numgen inc mod 5 == 0 drop")) }, PlaceLine, causeLossLine},
	{"line that takes 1.2 s", func(n *network) { n.tunnel(600 * time.Millisecond) }, PlaceLine, causeLateLine},
	{"router that blocks connections and passes pings", func(n *network) { n.router.nft(rules("forward", "oifname wan tcp dport 443 drop")) }, PlaceLine, causeFiltered},
	{"resolver that ignores questions for IPv6 addresses", func(n *network) {
		n.dns.do(func(_ dns.ResponseWriter, q *dns.Msg) bool { return q.Question[0].Qtype == dns.TypeAAAA })
	}, PlaceResolver, causeResolverHalf},
	{"target with a slow handshake", func(n *network) { n.options.Target = "slow.example.org:443" }, PlaceServer, causeSlow},
	{"20 % loss to the router", func(n *network) {
		n.router.nft("table netdev lab {\n chain c {\n type filter hook ingress device \"lan\" priority 0\n meta protocol { ip, ip6 } numgen random mod 5 == 0 drop\n }\n}")
	}, PlaceLocal, causeLossLocal},
	{"ephemeral range of ten ports exhausted", func(n *network) {
		n.client.set("net/ipv4/ip_local_port_range", "40000 40009")
		n.hold(internetV4+"10:7000", 10)
		n.options.Target = internetV4 + "10:7000"
	}, PlaceMachine, causeNoPorts},
	{"ephemeral range exhausted, in the socket table", func(n *network) {
		n.client.set("net/ipv4/ip_local_port_range", "40000 40009")
		n.hold(internetV4+"10:7000", 10)
		n.options.Table = true
	}, PlaceMachine, causeNoPorts},
	{"CLOSE_WAIT leak of 500", func(n *network) { n.leak(500); n.options.Table = true }, PlaceMachine, causeCloseWait},
	{"full backlog", func(n *network) { n.fillBacklog(); n.options.Table = true }, PlaceMachine, causeBacklog},
	{"requests to one server that are not answered", func(n *network) {
		n.call(internetV4+"25:80", 6)
		n.options.Table = true
	}, PlaceServer, causeCallsOne},
}

// healthy are variations in which nothing is wrong.
var healthy = []fault{
	{"both families", func(*network) {}, PlaceNone, ""},
	{"IPv4 only", func(n *network) { n.client.ip("-6 addr flush dev lan0 scope global", "-6 route del default") }, PlaceNone, ""},
	{"IPv6 only", func(n *network) {
		n.client.ip("addr del " + clientV4 + "/24 dev lan0")
		n.write("resolv.conf", "nameserver 2001:db8:53::2\n")
		n.router.ip("addr add 2001:db8:53::1/64 dev dns")
		n.resolver.ip("addr add 2001:db8:53::2/64 dev net0", "-6 route add default via 2001:db8:53::1")
		serveNames(n.resolver, "[2001:db8:53::2]:53")
	}, PlaceNone, ""},
	{"link-local IPv6 without a network that offers it", func(n *network) {
		n.client.ip("-6 addr flush dev lan0 scope global", "-6 route del default", "addr add fd00:7::2/64 dev lan0")
	}, PlaceNone, ""},
	{"VPN", func(n *network) {
		n.tunnel(0)
	}, PlaceNone, ""},
	{"line that takes 0.3 s", func(n *network) { n.tunnel(150 * time.Millisecond) }, PlaceNone, ""},
	{"router that ignores pings", func(n *network) {
		n.router.nft(rules("input", "icmp type echo-request drop; icmpv6 type echo-request drop"))
	}, PlaceNone, ""},
	{"internet that ignores pings", func(n *network) {
		n.router.nft(rules("forward", "icmp type echo-request drop; icmpv6 type echo-request drop"))
	}, PlaceNone, ""},
	{"search domains", func(n *network) {
		n.write("resolv.conf", "search corp.example home.arpa\nnameserver 10.53.0.2\noptions ndots:5\n")
	}, PlaceNone, ""},
	{"proxy in order", func(n *network) { n.proxy(); n.options.Env["https_proxy"] = "http://192.168.7.1:3128" }, PlaceNone, ""},
	{"proxy in order, and no other way out", func(n *network) {
		n.proxy()
		n.options.Env["https_proxy"] = "http://192.168.7.1:3128"
		n.router.nft(rules("forward", "iifname lan oifname wan drop"))
	}, PlaceNone, ""},
	{"two default routes, the right one preferred", func(n *network) { n.secondRoute("500") }, PlaceNone, ""},
	{"two resolvers", func(n *network) { n.twoResolvers() }, PlaceNone, ""},
	{"name server on this machine", func(n *network) { n.stub() }, PlaceNone, ""},
	{"resolver that does not speak TCP", func(n *network) { n.dns.servers[1].Listener.Close() }, PlaceNone, ""},
	{"hosts-file entry that is right", func(n *network) { n.write("hosts", internetV4+"10 www.example.org\n") }, PlaceNone, ""},
	{"a second interface without a link", func(n *network) { n.second.ip("link set lan down"); n.client.ip("link set lan1 up") }, PlaceNone, ""},
	{"router known from before", func(n *network) { n.client.in(func() { _, _ = net.DialTimeout("tcp", routerV4+":9", time.Second) }) }, PlaceNone, ""},
	{"without the right to raw packets", func(n *network) { n.options.NoRaw = true }, PlaceNone, ""},
	{"target in order", func(n *network) { n.options.Target = "www.example.net:443" }, PlaceNone, ""},
	{"target without TLS in order", func(n *network) { n.options.Target = internetV4 + "10:7000" }, PlaceNone, ""},
	{"target on this network, with the line down", func(n *network) {
		n.internet.ip("link set net0 down")
		n.accept(n.router, routerV4+":8080", func(c net.Conn) { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
		n.options.Target = routerV4 + ":8080"
	}, PlaceNone, ""},
}

// secondRoute gives the client a default route to the router that leads nowhere.
func (n *network) secondRoute(metric string) {
	n.client.ip("link set lan1 up", "addr add 192.168.8.2/24 dev lan1", "route add default via 192.168.8.1 metric "+metric)
	if len(metric) < 3 { // it is preferred, and IPv6 would hide that
		n.client.ip("-6 route del default")
	}
}

// stub runs a name server on the client, as systemd-resolved does.
func (n *network) stub() *nameServer {
	n.write("resolv.conf", "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n")
	n.write("upstreams", "nameserver 10.53.0.2\n")
	n.options.Upstreams = filepath.Join(n.dir, "upstreams")
	return serveNames(n.client, "127.0.0.53:53")
}

// twoResolvers sets both name servers.
func (n *network) twoResolvers() {
	n.write("resolv.conf", "nameserver 10.53.0.2\nnameserver 10.53.0.3\n")
}

// portal has the router answer every page itself and let nothing through but names.
func (n *network) portal() {
	n.router.nft("table inet lab {\n chain nat {\n type nat hook prerouting priority -100\n iifname lan tcp dport 80 redirect to :8080\n }\n chain c {\n type filter hook forward priority 0\n oifname wan drop\n }\n}")
	for _, address := range []string{"0.0.0.0:8080", "[::]:8080"} {
		if address == "[::]:8080" {
			continue // the one above takes both families
		}
		n.http(n.router, ":8080", log.New(io.Discard, "", 0), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://sign-in.example/", http.StatusFound)
		})
	}
}

// proxy runs a proxy on the router.
func (n *network) proxy() {
	n.accept(n.router, routerV4+":3128", func(c net.Conn) {
		defer c.Close()
		buffer := make([]byte, 4096)
		if k, err := c.Read(buffer); err == nil && strings.HasPrefix(string(buffer[:k]), "CONNECT ") {
			_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		}
	})
}

// leak opens connections from the client which the other side closes and the client does not.
func (n *network) leak(count int) {
	n.accept(n.internet, internetV4+"11:7100", func(c net.Conn) { _ = c.Close() })
	n.hold(internetV4+"11:7100", count)
}

// fillBacklog has a listener on the client that never accepts, and more connections to it than may wait.
func (n *network) fillBacklog() {
	n.client.in(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			n.t.Error(err)
			return
		}
		n.t.Cleanup(func() { _ = unix.Close(fd) })
		if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: 7200}), unix.Listen(fd, 4)); err != nil {
			n.t.Error(err)
		}
	})
	n.router.in(func() {
		for range 5 { // one more than the number that listen was given
			c, err := net.DialTimeout("tcp", clientV4+":7200", 5*time.Second)
			if err != nil {
				n.t.Error(err)
				return
			}
			n.t.Cleanup(func() { c.Close() })
		}
	})
}

// call asks for connections that nobody answers, until they were asked for three times.
func (n *network) call(to string, count int) {
	address := netip.MustParseAddrPort(to)
	n.client.in(func() {
		for range count {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
			if err != nil {
				n.t.Error(err)
				return
			}
			n.t.Cleanup(func() { _ = unix.Close(fd) })
			if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}); err != unix.EINPROGRESS {
				n.t.Error(err)
			}
		}
	})
	time.Sleep(3500 * time.Millisecond) // the kernel asks again after 1 s and after 3 s
}

// hold opens connections from the client and keeps them until the test ends.
func (n *network) hold(to string, count int) {
	n.client.in(func() {
		for range count {
			c, err := net.DialTimeout("tcp", to, 5*time.Second)
			if err != nil {
				n.t.Errorf("hold: %v", err)
				return
			}
			n.t.Cleanup(func() { c.Close() })
		}
	})
}

// tunnel leads all traffic of the client through a VPN that ends on the router and takes so long in each direction.
func (n *network) tunnel(delay time.Duration) {
	ends := [2]*os.File{}
	for i, where := range []*namespace{n.client, n.router} {
		where.ip("tuntap add vpn0 mode tun", "link set vpn0 up", fmt.Sprintf("addr add 10.8.0.%d/24 dev vpn0", i+1))
		where.in(func() {
			var err error
			if ends[i], err = openTunnel("vpn0"); err != nil {
				n.t.Errorf("tunnel: %v", err)
			}
		})
	}
	var copying sync.WaitGroup
	for i := range ends {
		copying.Go(func() {
			for {
				packet := make([]byte, 2048)
				k, err := ends[i].Read(packet)
				if err != nil {
					return
				}
				if delay == 0 {
					_, _ = ends[1-i].Write(packet[:k])
					continue
				}
				copying.Go(func() {
					time.Sleep(delay)
					_, _ = ends[1-i].Write(packet[:k])
				})
			}
		})
	}
	n.t.Cleanup(func() { ends[0].Close(); ends[1].Close(); copying.Wait() })
	n.client.ip("route add 0.0.0.0/1 dev vpn0", "route add 128.0.0.0/1 dev vpn0", "-6 route del default")
}

// holdTunnel attaches to a tunnel and reads nothing from it, so that it has a carrier and leads nowhere.
func (n *network) holdTunnel(name string) {
	n.client.in(func() {
		f, err := openTunnel(name)
		if err != nil {
			n.t.Errorf("tunnel: %v", err)
			return
		}
		n.t.Cleanup(func() { f.Close() })
	})
}

// laboratories has a place for each network that there may be at a time: they mostly wait.
var laboratories = make(chan struct{}, 14)

// TestFaults breaks one thing at a time; the verdict names the place and the cause.
func TestFaults(t *testing.T) { laboratory(t, "Faults", faults) }

// TestHealthy has nothing broken; no verdict raises a false alarm.
func TestHealthy(t *testing.T) { laboratory(t, "Healthy", healthy) }

// laboratory runs all faults, some at a time, beside the other tests that do.
func laboratory(t *testing.T, title string, list []fault) {
	needs(t, "ip", "nft", "unshare")
	t.Parallel()
	reports := make([]Report, len(list))
	var all sync.WaitGroup
	for i, f := range list {
		all.Go(func() {
			laboratories <- struct{}{}
			defer func() { <-laboratories }()
			t.Run(f.name, func(t *testing.T) {
				n := newNetwork(t)
				f.make(n)
				reports[i] = n.diagnose()
				check(t, f, reports[i])
			})
		})
	}
	all.Wait()
	document(t, title, list, reports)
}

// check compares a verdict with the one that is right.
func check(t *testing.T, f fault, r Report) {
	t.Helper()
	v := r.Verdict
	want := InTrouble
	if f.cause == "" {
		want = Healthy
	}
	if v.State == want && v.Place == f.place && v.Cause == f.cause {
		return
	}
	var text strings.Builder
	for _, r := range r.Rungs {
		fmt.Fprintf(&text, "%-12s %-8s %5.1fs %s\n", r.Step, r.Status, r.Took.Seconds(), r.Result)
		for _, f := range r.Facts {
			fmt.Fprintf(&text, "    %s: %s (%s)\n", f.Tried, f.Answer, short(f.Took))
		}
	}
	t.Errorf("got %s, %q, %q: %s\nwant %s, %q, %q\nalso %v\n%s", v.State, v.Place, v.Cause, v.Sentence, want, f.place, f.cause, v.Also, text.String())
}
