package diagnose

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// labNames are the names of the laboratory's internet and the last part of their addresses.
var labNames = map[string]string{
	"www.example.org": "10", "www.example.net": "11", "portal.example.org": "12",
	"refuses.example.org": "20", "resets.example.org": "22", "wrong-name.example.org": "23", "expired.example.org": "24",
	"silent.example.org": "25", "mute.example.org": "26", "slow.example.org": "27",
}

// nameServer answers for the laboratory, as it is told to.
type nameServer struct {
	behave  atomic.Pointer[func(w dns.ResponseWriter, q *dns.Msg) bool] // true where it has answered
	servers []*dns.Server
}

// serveNames starts a name server on an address in a namespace.
func serveNames(n *namespace, address string) *nameServer {
	s := &nameServer{}
	n.in(func() {
		packets, err := free.ListenPacket(context.Background(), "udp", address)
		if err != nil {
			n.t.Errorf("listen for names: %v", err)
			return
		}
		listener, err := free.Listen(context.Background(), "tcp", address)
		if err != nil {
			n.t.Errorf("listen for names: %v", err)
			return
		}
		s.servers = []*dns.Server{{PacketConn: packets, Handler: s}, {Listener: listener, Handler: s}}
	})
	var done sync.WaitGroup
	for _, d := range s.servers {
		started := make(chan struct{})
		d.NotifyStartedFunc = func() { close(started) }
		done.Go(func() { _ = d.ActivateAndServe() }) // ends by Shutdown
		<-started
	}
	n.t.Cleanup(func() { s.stop(); done.Wait() })
	return s
}

// stop has nobody listen any more.
func (s *nameServer) stop() {
	for _, d := range s.servers {
		_ = d.Shutdown() // a second time is no error that matters
	}
}

// do has it behave in another way.
func (s *nameServer) do(f func(w dns.ResponseWriter, q *dns.Msg) bool) { s.behave.Store(&f) }

// ServeDNS answers a question: the names of the laboratory are known, all others do not exist.
func (s *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	if f := s.behave.Load(); f != nil && (*f)(w, q) {
		return
	}
	m := new(dns.Msg).SetReply(q)
	host, known := labNames[strings.TrimSuffix(q.Question[0].Name, ".")]
	switch {
	case !known:
		m.Rcode = dns.RcodeNameError
	case q.Question[0].Qtype == dns.TypeA:
		m.Answer = append(m.Answer, record(q, internetV4+host))
	case q.Question[0].Qtype == dns.TypeAAAA:
		m.Answer = append(m.Answer, record(q, internetV6+host))
	}
	_ = w.WriteMsg(m) // the client is gone
}

// record writes an address for the name that was asked for.
func record(q *dns.Msg, address string) dns.RR {
	kind := "A"
	if strings.Contains(address, ":") {
		kind = "AAAA"
	}
	r, err := dns.NewRR(q.Question[0].Name + " 60 IN " + kind + " " + address)
	if err != nil {
		panic(err)
	}
	return r
}

// answers lets a name server send every name to one address.
func sendsTo(v4 string) func(dns.ResponseWriter, *dns.Msg) bool {
	return func(w dns.ResponseWriter, q *dns.Msg) bool {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, record(q, v4))
		}
		_ = w.WriteMsg(m)
		return true
	}
}

// says lets a name server answer everything with one code.
func says(code int) func(dns.ResponseWriter, *dns.Msg) bool {
	return func(w dns.ResponseWriter, q *dns.Msg) bool {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, code))
		return true
	}
}

// saysNothing lets a name server read and not answer.
func saysNothing(dns.ResponseWriter, *dns.Msg) bool { return true }

// takes lets a name server answer late.
func takes(d time.Duration) func(dns.ResponseWriter, *dns.Msg) bool {
	return func(dns.ResponseWriter, *dns.Msg) bool { time.Sleep(d); return false }
}

// world is what the laboratory's internet serves.
type world struct {
	roots     []byte // PEM
	authority *x509.Certificate
	key       *ecdsa.PrivateKey
	mu        sync.Mutex
	certs     map[string]*tls.Certificate // guarded by mu
}

// newWorld makes an authority that the client trusts.
func newWorld(t testing.TB) *world {
	w := &world{certs: map[string]*tls.Certificate{}}
	var err error
	if w.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"Laboratory"}}, NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(2, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &w.key.PublicKey, w.key)
	if err != nil {
		t.Fatal(err)
	}
	if w.authority, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	w.roots = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return w
}

// certificate makes one for a name, as large as real chains are.
func (w *world) certificate(name string, from, to time.Time) (*tls.Certificate, error) {
	names := []string{name}
	for i := range 90 {
		names = append(names, fmt.Sprintf("another-name-of-the-same-server-%02d.example.org", i))
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: names, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, w.authority, &w.key.PublicKey, w.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: w.key}, nil
}

// choose returns the certificate for a client's name: some are wrong on purpose.
func (w *world) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.certs[hello.ServerName]; c != nil {
		return c, nil
	}
	name, from, to := hello.ServerName, time.Now().AddDate(0, -1, 0), time.Now().AddDate(0, 1, 0)
	switch name {
	case "wrong-name.example.org":
		name = "somebody-else.example"
	case "expired.example.org":
		from, to = time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, 0, -3)
	}
	c, err := w.certificate(name, from, to)
	if err == nil {
		w.certs[hello.ServerName] = c
	}
	return c, err
}

// serve starts all servers.
func (n *network) serve() {
	n.dns, n.dns2 = serveNames(n.resolver, "10.53.0.2:53"), serveNames(n.resolver, "10.53.0.3:53")
	serveNames(n.internet, internetV4+"53:53")
	n.world = newWorld(n.t)
	config := &tls.Config{GetCertificate: n.world.choose}
	quiet := log.New(io.Discard, "", 0)
	for _, host := range []string{"1", "2", "3", "10", "11", "23", "24"} {
		for _, address := range []string{internetV4 + host + ":443", "[" + internetV6 + host + "]:443"} {
			n.accept(n.internet, address, func(c net.Conn) { _ = tls.Server(c, config).Handshake(); _ = c.Close() })
		}
	}
	for _, address := range []string{internetV4 + "27:443", "[" + internetV6 + "27]:443"} {
		n.accept(n.internet, address, func(c net.Conn) {
			time.Sleep(2500 * time.Millisecond)
			_ = tls.Server(c, config).Handshake()
			_ = c.Close()
		})
	}
	parked := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return n.world.certificate("parked.example", time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 1, 0))
	}}
	n.accept(n.internet, internetV4+"21:443", func(c net.Conn) { _ = tls.Server(c, parked).Handshake(); _ = c.Close() })
	n.http(n.internet, internetV4+"21:80", quiet, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "This name is for sale.") })
	for _, address := range []string{internetV4 + "12:80", "[" + internetV6 + "12]:80"} {
		n.http(n.internet, address, quiet, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	}
	for _, port := range []string{"443", "7000"} {
		for _, host := range []string{internetV4 + "22:" + port, "[" + internetV6 + "22]:" + port} {
			n.accept(n.internet, host, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() })
		}
		n.accept(n.internet, internetV4+"26:"+port, func(c net.Conn) { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
	}
	n.accept(n.internet, internetV4+"10:7000", func(c net.Conn) { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
	n.internet.nft("table inet silence {\n chain in {\n type filter hook input priority 0\n ip daddr " + internetV4 + "25 drop\n ip6 daddr " + internetV6 + "25 drop\n }\n}")
}

// accept serves connections until the test ends.
func (n *network) accept(where *namespace, address string, serve func(net.Conn)) {
	n.t.Helper()
	l := where.listen(address)
	if l == nil {
		return
	}
	var open sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { _ = c.Close() })
			open.Go(func() { serve(c); stop() })
		}
	})
	n.t.Cleanup(func() { _ = l.Close(); cancel(); open.Wait() })
}

// http serves pages until the test ends.
func (n *network) http(where *namespace, address string, quiet *log.Logger, page http.HandlerFunc) {
	l := where.listen(address)
	if l == nil {
		return
	}
	s := &http.Server{Handler: page, ErrorLog: quiet}
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(l) })
	n.t.Cleanup(func() { _ = s.Close(); done.Wait() })
}

// free listens on addresses that are not there yet, too.
var free = net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1) })
}}

// listen listens in a namespace.
func (n *namespace) listen(address string) (l net.Listener) {
	n.t.Helper()
	n.in(func() {
		var err error
		if l, err = free.Listen(context.Background(), "tcp", address); err != nil {
			n.t.Errorf("%s: %v", n.name, err)
		}
	})
	return l
}

// labOptions are the options of a run in the laboratory, for the process that does it.
type labOptions struct {
	Target                   string
	Internet                 []netip.AddrPort
	Names                    []string
	Portal                   string
	Reference                []netip.AddrPort
	ResolvConf, Hosts, Roots string
	Env                      map[string]string
	Upstreams                string
	Ahead                    time.Duration // of the clock
	Table                    bool          // look at the socket table
	NoRaw                    bool          // run without the right to raw packets
}

// configure writes the client's files.
func (n *network) configure() {
	n.write("resolv.conf", "nameserver 10.53.0.2\n")
	n.write("hosts", "127.0.0.1 localhost\n")
	n.write("roots.pem", string(n.world.roots))
	n.options = labOptions{
		Names: []string{"www.example.org:443", "www.example.net:443"}, Portal: "http://portal.example.org/generate_204",
		Reference:  []netip.AddrPort{netip.MustParseAddrPort(internetV4 + "53:53")},
		ResolvConf: filepath.Join(n.dir, "resolv.conf"), Hosts: filepath.Join(n.dir, "hosts"), Roots: filepath.Join(n.dir, "roots.pem"),
		Env: map[string]string{},
	}
	for _, host := range []string{"1", "2", "3"} {
		n.options.Internet = append(n.options.Internet, netip.MustParseAddrPort(internetV4+host+":443"), netip.MustParseAddrPort("["+internetV6+host+"]:443"))
	}
}

// write writes one of the client's files.
func (n *network) write(name, text string) {
	if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

// diagnose runs the diagnosis on the client, as a process of its own.
func (n *network) diagnose() (r Report) {
	n.t.Helper()
	b, err := json.Marshal(n.options)
	if err != nil {
		n.t.Fatal(err)
	}
	n.client.in(func() {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), labVariable+"="+string(b))
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err == nil {
			err = json.Unmarshal(out, &r)
		}
		if err != nil {
			n.t.Errorf("diagnose: %v\n%s", err, out)
		}
	})
	return r
}
