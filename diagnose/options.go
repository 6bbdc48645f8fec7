package diagnose

import (
	"context"
	"crypto/x509"
	"net/netip"
	"os"
	"time"
)

// Options say what is contacted and where the settings are read. The zero value of a field is its default.
type Options struct {
	// Target is the one server that is asked about, as host:port; "" for none.
	Target string
	// Internet are the addresses that stand for the internet, v4 and v6. They must accept TCP connections.
	Internet []netip.AddrPort
	// Names are servers as host:port that are contacted by name with TLS.
	Names []string
	// Portal is an http URL that answers with status 204; anything else in its place is a sign-in page.
	Portal string
	// Reference are public name servers. They are asked only where the machine's own are in doubt.
	Reference []netip.AddrPort
	// ResolvConf and Hosts are the paths of the files that say how names become addresses.
	ResolvConf, Hosts string
	// Upstreams is the path of the file in which systemd-resolved says whom it asks; read where only it is in ResolvConf.
	Upstreams string
	// Env looks up a variable of the environment, for the proxy settings.
	Env func(string) string
	// Roots are the certificate authorities to trust; nil for the system's.
	Roots *x509.CertPool
	// Now is the time by which certificates are judged.
	Now func() time.Time
	// Report is called with each rung as soon as it is done, by one goroutine at a time. It must not block for long.
	Report func(Rung)
	// Findings gives what [Watch] knows of the socket table; nil where there is no table.
	Findings func(context.Context) ([]Finding, error)
	// Traffic tells of what the machine's own table knows of a peer; nil where there is no table.
	Traffic func(context.Context, netip.Addr) (Traffic, error)
	// Inside tells who listens on a TCP port for this machine only, ok is false where nobody does; nil where there is no
	// table.
	Inside func(ctx context.Context, port uint16) (name string, ok bool)
}

// Traffic is what a socket table tells of the connections to one peer and to all others.
type Traffic struct {
	// Connections, Retransmits and Segments are of the connections to the peer. Segments is an estimate from bytes.
	Connections, Retransmits, Segments uint64
	// OtherRetransmits and OtherSegments are of the connections to all others outside of this machine.
	OtherRetransmits, OtherSegments uint64
}

// Defaults returns the addresses and names that are contacted where the options name none: well-known public services
// that are run to be reached.
func Defaults() Options {
	return Options{
		Internet: []netip.AddrPort{
			netip.MustParseAddrPort("1.1.1.1:443"), netip.MustParseAddrPort("8.8.8.8:443"), netip.MustParseAddrPort("9.9.9.9:443"),
			netip.MustParseAddrPort("[2606:4700:4700::1111]:443"), netip.MustParseAddrPort("[2001:4860:4860::8888]:443"), netip.MustParseAddrPort("[2620:fe::fe]:443"),
		},
		Names:  []string{"example.com:443", "www.wikipedia.org:443"},
		Portal: "http://connectivitycheck.gstatic.com/generate_204",
		Reference: []netip.AddrPort{
			netip.MustParseAddrPort("1.1.1.1:53"), netip.MustParseAddrPort("9.9.9.9:53"), netip.MustParseAddrPort("[2606:4700:4700::1111]:53"),
		},
		ResolvConf: "/etc/resolv.conf", Hosts: hostsFile(), Upstreams: "/run/systemd/resolve/resolv.conf",
		Env: os.Getenv, Now: time.Now, Report: func(Rung) {},
	}
}

// WithDefaults returns the options with what is not set filled in.
func (o Options) WithDefaults() Options {
	d := Defaults()
	if o.Internet == nil {
		o.Internet = d.Internet
	}
	if o.Names == nil {
		o.Names = d.Names
	}
	if o.Portal == "" {
		o.Portal = d.Portal
	}
	if o.Reference == nil {
		o.Reference = d.Reference
	}
	if o.ResolvConf == "" {
		o.ResolvConf = d.ResolvConf
	}
	if o.Hosts == "" {
		o.Hosts = d.Hosts
	}
	if o.Upstreams == "" {
		o.Upstreams = d.Upstreams
	}
	if o.Env == nil {
		o.Env = d.Env
	}
	if o.Now == nil {
		o.Now = d.Now
	}
	if o.Report == nil {
		o.Report = d.Report
	}
	return o
}
