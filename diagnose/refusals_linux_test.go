package diagnose

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"sockeye/poller"
)

// attribute writes a netlink attribute; tuple, and word what the kernel says when it forgets a tracked connection.
func attribute(kind uint16, value ...[]byte) []byte {
	v := bytes.Join(value, nil)
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(v)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), v...)
	return append(b, make([]byte, -len(b)&3)...)
}

func tuple6(protocol byte, from, to string) []byte {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	src, dst := uint16(nl.CTA_IP_V4_SRC), uint16(nl.CTA_IP_V4_DST)
	if a.Addr().Is6() {
		src, dst = nl.CTA_IP_V6_SRC, nl.CTA_IP_V6_DST
	}
	return append(attribute(nl.CTA_TUPLE_IP|unix.NLA_F_NESTED, attribute(src, a.Addr().AsSlice()), attribute(dst, b.Addr().AsSlice())),
		attribute(nl.CTA_TUPLE_PROTO|unix.NLA_F_NESTED, attribute(nl.CTA_PROTO_NUM, []byte{protocol}),
			attribute(nl.CTA_PROTO_SRC_PORT, binary.BigEndian.AppendUint16(nil, a.Port())), attribute(nl.CTA_PROTO_DST_PORT, binary.BigEndian.AppendUint16(nil, b.Port())))...)
}

func word(protocol byte, from, to, answers string) []byte {
	b := append(attribute(nl.CTA_TUPLE_ORIG|unix.NLA_F_NESTED, tuple6(protocol, from, to)), attribute(nl.CTA_TUPLE_REPLY|unix.NLA_F_NESTED, tuple6(protocol, answers, from))...)
	head := binary.NativeEndian.AppendUint32(nil, uint32(messageHead+len(b)))
	return append(append(head, make([]byte, messageHead-4)...), b...)
}

func TestParseRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		word []byte
		ok   bool
	}{
		"refused":                      {word(6, "192.0.2.9:4000", "192.0.2.1:5432", "192.0.2.1:5432"), true},
		"refused over IPv6":            {word(6, "[2001:db8::9]:4000", "[2001:db8::1]:5432", "[2001:db8::1]:5432"), true},
		"UDP":                          {word(17, "192.0.2.9:4000", "192.0.2.1:5432", "192.0.2.1:5432"), false},
		"passed on to a container":     {word(6, "192.0.2.9:4000", "192.0.2.1:5432", "10.0.0.2:5432"), false},
		"passed on to another port":    {word(6, "192.0.2.9:4000", "192.0.2.1:5432", "192.0.2.1:15432"), false},
		"within this machine":          {word(6, "127.0.0.1:4000", "127.0.0.1:5432", "127.0.0.1:5432"), false},
		"this machine by its address":  {word(6, "192.0.2.1:4000", "192.0.2.1:5432", "192.0.2.1:5432"), false},
		"nothing":                      {nil, false},
		"a head that says it is short": {make([]byte, 64), false},
	} {
		got, ok := parseRefusal(c.word)
		if ok != c.ok || ok && (got.Port != 5432 || got.Peer.Port() != 4000) {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

// FuzzParseRefusal: whatever comes, what is told of is a connection from somebody else, and a word cut short tells of
// nothing else than the whole one.
func FuzzParseRefusal(f *testing.F) {
	f.Add(word(6, "192.0.2.9:4000", "192.0.2.1:5432", "192.0.2.1:5432"), 3)
	f.Add(word(6, "[2001:db8::9]:4000", "[2001:db8::1]:5432", "[2001:db8::1]:5432"), 70)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		whole, ok := parseRefusal(b)
		if ok && (!whole.Peer.IsValid() || whole.Peer.Addr().IsLoopback() && whole.Peer.Addr().Is4() && whole.Port == 0 && len(b) < messageHead) {
			t.Fatalf("%v of %x", whole, b)
		}
		n := 0
		for _, value := range attributes(b) {
			n += len(value) + 4
		}
		if n > len(b) {
			t.Fatalf("%d bytes of attributes in %d", n, len(b))
		}
	})
}

// TestRefusalFilter runs the filter of the kernel on messages.
func TestRefusalFilter(t *testing.T) {
	if _, err := bpf.Assemble(refusalFilter(make([]uint16, maxHeard))); err != nil {
		t.Error(err)
	}
}

// TestLoopbackOnlyIsSeen: a real program listens on 127.0.0.1, another machine asks for its port, and the firewall that
// tracks connections tells. Without one nobody knows, and nothing is claimed.
func TestLoopbackOnlyIsSeen(t *testing.T) {
	needs(t, "ip", "nft", "unshare")
	t.Parallel()
	here, there := newNamespace(t, "here"), newNamespace(t, "there")
	link(here, "eth0", there, "eth0")
	here.ip("addr add 192.0.2.1/24 dev eth0")
	there.ip("addr add 192.0.2.9/24 dev eth0")
	here.in(func() {
		for _, address := range []string{"127.0.0.1:5432", "0.0.0.0:80"} {
			l, err := net.Listen("tcp4", address)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { l.Close() })
		}
	})
	ask := func() {
		there.in(func() {
			for _, port := range []string{"5432", "5433"} {
				if c, err := net.DialTimeout("tcp4", "192.0.2.1:"+port, 5*time.Second); err == nil {
					c.Close()
					t.Error("it can be reached")
				}
			}
		})
	}
	var r Refusals
	t.Cleanup(r.Close)
	here.findings(&r)
	ask()
	if list := here.findings(&r); len(list) != 0 {
		t.Errorf("nothing tracks, and yet: %+v", list)
	}
	here.nft("table inet lab {\n chain c {\n type filter hook input priority 0\n ct state invalid drop\n }\n}")
	ask()
	list := here.findings(&r)
	if len(list) != 1 || list[0].Cause != causeLoopback || !strings.Contains(list[0].Sentence, "port 5432 for this machine only, and 192.0.2.9 tried to reach it") {
		t.Errorf("found %+v", list)
	}
}

// findings applies the rules in a namespace.
func (n *namespace) findings(r *Refusals) (list []Finding) {
	n.in(func() {
		w := NewWatch()
		b := &bench{w: w, rows: map[poller.ID]*poller.Connection{}}
		in, all := listener(1, "127.0.0.1:5432", 0, 128), listener(2, "0.0.0.0:80", 0, 128)
		b.poll(0, open(in, all))
		list = w.Findings(b, FactsNow(w.Wants(b), r))
	})
	return list
}
