package diagnose

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// sample is what came of sending something to one host several times.
type sample struct {
	sent, received int
	times          []time.Duration // of those that came back, in the order of sending
	err            error           // why nothing could be sent
}

// outcome says what came of it in one word.
func (s sample) outcome() outcome {
	switch {
	case s.received > 0:
		return connected
	case s.err != nil:
		return classify(s.err)
	}
	return silent
}

// lost returns the share that did not come back.
func (s sample) lost() float64 {
	if s.sent == 0 {
		return 0
	}
	return 1 - float64(s.received)/float64(s.sent)
}

// median returns the median time, 0 where nothing came back.
func (s sample) median() time.Duration {
	if len(s.times) == 0 {
		return 0
	}
	t := slices.Clone(s.times)
	slices.Sort(t)
	return t[len(t)/2]
}

// with adds what came of a later sample of the same host.
func (s sample) with(more sample) sample {
	return sample{s.sent + more.sent, s.received + more.received, append(slices.Clone(s.times), more.times...), s.err}
}

// pingOne pings one host: so many times, so far apart, and waits so long for the last answer.
func pingOne(ctx context.Context, to netip.Addr, times int, apart, patience time.Duration) (s sample) {
	conn, write, err := openPing(to)
	if err != nil {
		return sample{err: err}
	}
	defer conn.Close()
	token := rand.Uint64()
	var lock sync.Mutex
	sent := make([]time.Time, times) // guarded by lock
	back := make([]time.Duration, times)
	received := make(chan struct{})
	go func() {
		defer close(received)
		readEchoes(conn, to, token, func(seq int, at time.Time) bool {
			lock.Lock()
			defer lock.Unlock()
			if seq < times && !sent[seq].IsZero() && back[seq] == 0 {
				back[seq] = max(at.Sub(sent[seq]), 1)
				s.received++
			}
			return s.received == times
		})
	}()
	for seq := range times {
		lock.Lock()
		sent[seq] = time.Now()
		lock.Unlock()
		if err := write(echo(to, token, seq)); err != nil {
			s.err = err
		}
		s.sent++
		if seq < times-1 && !pause(ctx, apart) {
			break
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience)) // the reader ends by it, or at the last echo
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	<-received
	stop()
	for _, d := range back {
		if d > 0 {
			s.times = append(s.times, d)
		}
	}
	return s
}

// pause waits; false where the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// openPing opens a socket for echoes: the kind that needs no privilege where the system has it, else a raw one.
func openPing(to netip.Addr) (conn *icmp.PacketConn, write func([]byte) error, err error) {
	plain, raw, local := "udp4", "ip4:icmp", "0.0.0.0"
	if to.Is6() {
		plain, raw, local = "udp6", "ip6:ipv6-icmp", "::"
	}
	ip := net.IP(to.WithZone("").AsSlice())
	var at net.Addr = &net.UDPAddr{IP: ip, Zone: to.Zone()}
	if conn, err = icmp.ListenPacket(plain, local); err != nil {
		at = &net.IPAddr{IP: ip, Zone: to.Zone()}
		if conn, err = icmp.ListenPacket(raw, local); err != nil {
			return nil, nil, err
		}
	}
	return conn, func(b []byte) error { _, err := conn.WriteTo(b, at); return err }, nil
}

// echo writes an echo request (RFC 792, RFC 4443) whose data tell which one it is.
func echo(to netip.Addr, token uint64, seq int) []byte {
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: int(uint16(token)), Seq: seq, Data: echoData(token, seq)}}
	if to.Is6() {
		m.Type = ipv6.ICMPTypeEchoRequest
	}
	b, err := m.Marshal(nil)
	if err != nil {
		panic("an echo can always be written: " + err.Error())
	}
	return b
}

// echoData is what an echo carries: the token and the number, padded to the usual 56 bytes.
func echoData(token uint64, seq int) []byte {
	b := make([]byte, 56)
	binary.BigEndian.PutUint64(b, token)
	binary.BigEndian.PutUint64(b[8:], uint64(seq))
	return b
}

// readEchoes calls got with the number of each echo of ours, until that returns true or the connection's deadline.
func readEchoes(conn *icmp.PacketConn, from netip.Addr, token uint64, got func(seq int, at time.Time) bool) {
	buffer := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if seq, ok := parseEcho(buffer[:n], from.Is6(), token); ok && got(seq, time.Now()) {
			return
		}
	}
}

// parseEcho returns which of our echoes an ICMP message is the reply to.
func parseEcho(b []byte, v6 bool, token uint64) (seq int, ok bool) {
	protocol := 1
	if v6 {
		protocol = 58
	}
	m, err := icmp.ParseMessage(protocol, b)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply && m.Type != ipv6.ICMPTypeEchoReply {
		return 0, false
	}
	e, is := m.Body.(*icmp.Echo)
	if !is || len(e.Data) < 16 || binary.BigEndian.Uint64(e.Data) != token {
		return 0, false
	}
	n := binary.BigEndian.Uint64(e.Data[8:])
	return int(n), n < 1<<16
}
