package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// tlsPatience is how long a TLS handshake may take once the connection is open, stalledAfter from when on it is tried
// with small packets besides.
const (
	tlsPatience  = 4 * time.Second
	stalledAfter = 1500 * time.Millisecond
)

// smallSegments are the sizes that are tried where a handshake stalls: those of common tunnels, and the smallest that
// every IPv4 host takes (RFC 9293 section 3.7.1).
var smallSegments = []int{1360, 1220, 536}

// handshake is one attempt to open a TLS connection.
type handshake struct {
	attempt           // of the connection below
	name      string  // that was asked for
	tls       outcome // connected where the handshake was completed, whatever the certificate
	tlsTook   time.Duration
	tlsErr    error
	noTLS     bool // something else than TLS came back
	cert      *x509.Certificate
	badName   bool
	expired   bool
	notYet    bool
	untrusted bool
	trustless bool // this machine trusts nobody: nothing is known of trust
	// segment is the size of segments with which the handshake was completed where it stalled otherwise; 0 elsewhere.
	segment int
}

// good reports whether the server proved to be who it was asked to be.
func (h *handshake) good() bool {
	return h.tls == connected && !h.badName && !h.expired && !h.notYet && !h.untrusted
}

// stalled reports whether the connection opened and then fell silent.
func (h *handshake) stalled() bool { return h.outcome == connected && h.tls == silent }

// words says what came of it.
func (h *handshake) words() string {
	switch {
	case h.outcome != connected:
		return h.attempt.answer()
	case h.segment > 0:
		return fmt.Sprintf("the connection opens, then large packets vanish; with segments of %d bytes it works", h.segment)
	case h.tls == silent:
		return "the connection opens, then nothing comes"
	case h.noTLS:
		return "what answers does not speak TLS"
	case h.tls == wasReset:
		return "the connection is broken off"
	case h.tls != connected:
		return "TLS fails: " + h.tlsErr.Error()
	case h.badName:
		return "the certificate is for another name: " + certNames(h.cert)
	case h.expired:
		return "the certificate ended on " + h.cert.NotAfter.UTC().Format(time.DateOnly)
	case h.notYet:
		return "the certificate begins only on " + h.cert.NotBefore.UTC().Format(time.DateOnly)
	case h.untrusted:
		return "the certificate is from somebody this machine does not trust: " + issuer(h.cert)
	}
	return "the certificate is right"
}

// certNames lists the names of a certificate, three at most.
func certNames(c *x509.Certificate) string {
	list := c.DNSNames
	if len(list) == 0 {
		return "\"" + c.Subject.CommonName + "\""
	}
	if len(list) > 3 {
		list = append(list[:3:3], "…")
	}
	return strings.Join(list, ", ")
}

// issuer names who signed a certificate.
func issuer(c *x509.Certificate) string {
	for _, s := range append(c.Issuer.Organization, c.Issuer.CommonName) {
		if s != "" {
			return s
		}
	}
	return "unnamed"
}

// greet opens a TLS connection to an address under a name. Where it stalls, it is tried again with small packets.
func (l *ladder) greet(ctx context.Context, to netip.AddrPort, name string) handshake {
	conn, a := connect(ctx, to, connectPatience, how{})
	h := handshake{attempt: a, name: name, tls: failed}
	if conn == nil {
		return h
	}
	small := make(chan int, 1)
	smaller, cancel := context.WithCancel(ctx)
	defer cancel()
	slow := time.AfterFunc(stalledAfter, func() { small <- l.smallest(smaller, to, name) })
	l.shake(ctx, conn, &h)
	if slow.Stop() || !h.stalled() {
		return h
	}
	h.segment = <-small
	return h
}

// smallest returns the largest of the small sizes of segments with which a handshake is completed, 0 for none.
func (l *ladder) smallest(ctx context.Context, to netip.AddrPort, name string) int {
	worked := make([]bool, len(smallSegments))
	inParallel(len(smallSegments), func(i int) {
		conn, a := connect(ctx, to, 2*time.Second, how{mss: smallSegments[i]})
		if conn == nil {
			return
		}
		h := handshake{attempt: a, name: name}
		ctx, cancel := context.WithTimeout(ctx, tlsPatience-stalledAfter)
		defer cancel()
		l.shake(ctx, conn, &h)
		worked[i] = h.tls == connected
	})
	for i, w := range worked {
		if w {
			return smallSegments[i]
		}
	}
	return 0
}

// shake does the handshake on a connection, closes it and files the result.
func (l *ladder) shake(ctx context.Context, conn net.Conn, h *handshake) {
	ctx, cancel := context.WithTimeout(ctx, tlsPatience)
	defer cancel()
	begun := time.Now()
	// The certificate is judged afterwards, so that everything that is wrong with it is known.
	t := tls.Client(conn, &tls.Config{ServerName: h.name, InsecureSkipVerify: true})
	err := t.HandshakeContext(ctx)
	h.tlsTook, h.tlsErr = time.Since(begun), err
	defer conn.Close() // what it could tell is of no use
	if err == nil {
		h.tls = connected
		h.judge(t.ConnectionState().PeerCertificates, l.o.Roots, l.o.Now())
		return
	}
	var record tls.RecordHeaderError
	h.tls = classify(err)
	h.noTLS = errors.As(err, &record)
	if errors.Is(err, io.EOF) {
		h.tls = wasReset
	}
}

// judge looks at the certificates of a server. The first is its own.
func (h *handshake) judge(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) {
	if len(chain) == 0 {
		h.untrusted = true
		return
	}
	h.cert = chain[0]
	h.badName = h.cert.VerifyHostname(h.name) != nil
	h.expired, h.notYet = now.After(h.cert.NotAfter), now.Before(h.cert.NotBefore)
	if roots == nil {
		system, err := x509.SystemCertPool()
		h.trustless = err != nil || system.Equal(x509.NewCertPool())
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	when := now
	if h.expired || h.notYet { // who signed it is a question of its own
		when = h.cert.NotBefore.Add(h.cert.NotAfter.Sub(h.cert.NotBefore) / 2)
	}
	_, err := h.cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: when})
	h.untrusted = err != nil && !h.trustless
}
