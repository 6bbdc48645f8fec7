package diagnose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// dnsPatience is how long a name server may take. The C library waits as long (resolv.conf(5), timeout).
const dnsPatience = 5 * time.Second

// dnsRepeats are the moments at which a question by UDP is sent again.
var dnsRepeats = []time.Duration{700 * time.Millisecond, 1600 * time.Millisecond, 3 * time.Second}

// answer is what a name server said to one question.
type answer struct {
	outcome   outcome // connected where it answered at all
	rcode     int     // RFC 1035 section 4.1.1, RCODE
	addresses []netip.Addr
	took      time.Duration // of the question that was answered
	lost      int           // questions by UDP that were not answered before that one
	err       error
}

// ok reports whether the server answered and knows the name, even if it has no address of that family.
func (a answer) ok() bool { return a.outcome == connected && a.rcode == dns.RcodeSuccess }

// missing reports whether the server says that there is no such name.
func (a answer) missing() bool { return a.outcome == connected && a.rcode == dns.RcodeNameError }

// refuses reports whether the server is there and does not want to or cannot answer.
func (a answer) refuses() bool {
	return a.outcome == refused || a.outcome == wasReset || a.outcome == connected && !a.ok() && !a.missing()
}

// words says what came back.
func (a answer) words() string {
	switch {
	case a.outcome == refused:
		return "the port is closed"
	case a.outcome != connected:
		return attempt{outcome: a.outcome, err: a.err}.answer()
	case a.missing():
		return "no such name"
	case !a.ok():
		return "refuses: " + dns.RcodeToString[a.rcode]
	case len(a.addresses) == 0:
		return "no address of this kind"
	}
	return addressList(a.addresses)
}

// addressList writes addresses with commas, four at most.
func addressList(list []netip.Addr) (text string) {
	for i, a := range list {
		if i == 4 {
			return text + fmt.Sprintf(" and %d more", len(list)-4)
		}
		if i > 0 {
			text += ", "
		}
		text += a.String()
	}
	return text
}

// ask puts one question to a name server. Network is "udp" or "tcp"; name is absolute, with a dot at its end.
func ask(ctx context.Context, network string, server netip.AddrPort, name string, kind uint16) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, dnsPatience)
	defer cancel()
	begun := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, server.String())
	if err != nil {
		return answer{outcome: classify(err), err: err, took: time.Since(begun)}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if network == "tcp" {
		return askTCP(conn, question(name, kind), begun)
	}
	return askUDP(ctx, conn, name, kind)
}

// question makes a query that asks for recursion.
func question(name string, kind uint16) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, kind)
	m.SetEdns0(1232, false)
	return m
}

// askTCP asks over a connection that is open.
func askTCP(conn net.Conn, q *dns.Msg, begun time.Time) answer {
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(q); err != nil {
		return answer{outcome: classify(err), err: err, took: time.Since(begun)}
	}
	m, err := c.ReadMsg()
	a := reading(m, q.Question[0], err)
	a.took = time.Since(begun)
	return a
}

// askUDP asks, and asks again with another id while nothing comes back, so that it is known which question was answered.
func askUDP(ctx context.Context, conn net.Conn, name string, kind uint16) answer {
	sent := map[uint16]time.Time{}
	send := func() error {
		q := question(name, kind)
		b, err := q.Pack()
		if err != nil {
			return err
		}
		sent[q.Id] = time.Now()
		_, err = conn.Write(b)
		return err
	}
	begun := time.Now()
	if err := send(); err != nil {
		return answer{outcome: classify(err), err: err}
	}
	end, _ := ctx.Deadline()
	buffer := make([]byte, dns.MaxMsgSize)
	for next := 0; ; {
		until := end
		if next < len(dnsRepeats) {
			until = begun.Add(dnsRepeats[next])
		}
		_ = conn.SetReadDeadline(until) // an error here is one of the read, too
		n, err := conn.Read(buffer)
		switch {
		case ctx.Err() != nil:
			return answer{outcome: silent, err: ctx.Err(), took: time.Since(begun)}
		case err != nil && classify(err) == silent && next < len(dnsRepeats):
			next++
			if err := send(); err != nil {
				return answer{outcome: classify(err), err: err, took: time.Since(begun)}
			}
			continue
		case err != nil:
			return answer{outcome: classify(err), err: err, took: time.Since(begun)}
		}
		m := new(dns.Msg)
		if m.Unpack(buffer[:n]) != nil {
			continue
		}
		at, ours := sent[m.Id]
		if !ours {
			continue
		}
		a := reading(m, dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET}, nil)
		a.took, a.lost = time.Since(at), lostBefore(sent, at)
		return a
	}
}

// lostBefore counts the questions that were sent before the one that was answered.
func lostBefore(sent map[uint16]time.Time, at time.Time) (n int) {
	for _, t := range sent {
		if t.Before(at) {
			n++
		}
	}
	return n
}

// reading takes the addresses out of an answer. It must be one to the question.
func reading(m *dns.Msg, q dns.Question, err error) answer {
	if errors.Is(err, io.EOF) {
		return answer{outcome: wasReset, err: err}
	} else if err != nil {
		return answer{outcome: classify(err), err: err}
	}
	a := answer{outcome: connected, rcode: m.Rcode}
	if len(m.Question) > 0 && (m.Question[0].Qtype != q.Qtype || !strings.EqualFold(m.Question[0].Name, q.Name)) {
		return answer{outcome: failed, err: errors.New("the answer is to another question")}
	}
	for _, record := range m.Answer {
		switch r := record.(type) {
		case *dns.A:
			a.add(r.A)
		case *dns.AAAA:
			a.add(r.AAAA)
		}
	}
	return a
}

// add adds an address, once.
func (a *answer) add(ip net.IP) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return
	}
	addr = addr.Unmap()
	for _, known := range a.addresses {
		if known == addr {
			return
		}
	}
	a.addresses = append(a.addresses, addr)
}

// nobody returns a name that does not exist: .invalid is kept free for ever (RFC 6761 section 6.4).
func nobody() string { return fmt.Sprintf("sockeye-%08x.invalid.", rand.Uint32()) }
