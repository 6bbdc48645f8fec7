package names

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// reply answers a question with a name.
func reply(t testing.TB, q *dns.Msg, name string, change func(*dns.Msg)) []byte {
	m := new(dns.Msg)
	m.SetReply(q)
	m.Answer = []dns.RR{&dns.PTR{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypePTR, Class: dns.ClassINET | 1<<15, Ttl: 10}, Ptr: name}}
	if change != nil {
		change(m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAnswersTo: only the answer to this question, with a name that is of this network, is one.
func TestAnswersTo(t *testing.T) {
	q, err := questionOf(netip.MustParseAddr("192.0.2.9"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		packet []byte
		want   []string
	}{
		"an answer":                {reply(t, q, "Kitchen-Radio.local.", nil), []string{"Kitchen-Radio.local."}},
		"the question itself":      {reply(t, q, "a.local.", func(m *dns.Msg) { m.Response = false }), nil},
		"to somebody else":         {reply(t, q, "a.local.", func(m *dns.Msg) { m.Id++ }), nil},
		"about another address":    {reply(t, q, "a.local.", func(m *dns.Msg) { m.Answer[0].Header().Name = "8.2.0.192.in-addr.arpa." }), nil},
		"a name of the internet":   {reply(t, q, "bank.example.com.", nil), nil},
		"no name":                  {reply(t, q, "local.", nil), nil},
		"a failure":                {reply(t, q, "a.local.", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), nil},
		"another class":            {reply(t, q, "a.local.", func(m *dns.Msg) { m.Answer[0].Header().Class = dns.ClassCHAOS }), nil},
		"nothing that can be read": {[]byte("hello"), nil},
		"nothing":                  {nil, nil},
	} {
		if diff := cmp.Diff(c.want, answersTo(q, c.packet)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// FuzzAnswersTo: whatever a device sends, a name is one of this network and no longer than names are.
func FuzzAnswersTo(f *testing.F) {
	q, err := questionOf(netip.MustParseAddr("2001:db8::9"))
	if err != nil {
		f.Fatal(err)
	}
	q.Id = 7
	f.Add(reply(f, q, "Kitchen-Radio.local.", nil))
	f.Add(reply(f, q, "a.local.", func(m *dns.Msg) { m.Compress = true }))
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, name := range answersTo(q, packet) {
			if kept := clean(name, netip.Addr{}); !strings.HasSuffix(strings.ToLower(name), ".local.") || len(kept) > longest || kept == "" {
				t.Fatalf("%q of %x", name, packet)
			}
		}
	})
}

// TestMulticastAsksNobody where the address is on no network of this machine, or none.
func TestMulticastAsksNobody(t *testing.T) {
	m := &Multicast{Interface: func(a netip.Addr) string {
		if a == netip.MustParseAddr("192.0.2.9") {
			return "no-such-interface"
		}
		return ""
	}}
	for _, address := range []string{"198.51.100.7", "192.0.2.9", "nonsense", "fe80::1%eth0"} {
		if list, err := m.LookupAddr(context.Background(), address); err == nil || list != nil {
			t.Errorf("%s: %v, %v", address, list, err)
		}
	}
}
