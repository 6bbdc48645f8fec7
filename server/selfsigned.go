package server

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How long a certificate of our own lasts, and how long before its end it is replaced. Browsers refuse more than 398
// days (CA/Browser Forum, Baseline Requirements section 6.3.2).
const (
	certTime  = 397 * 24 * time.Hour
	certSpare = 30 * 24 * time.Hour
)

// ownCertificate returns the certificate that this machine, called host, signs for itself. It is kept in a file of dir,
// so that its fingerprint stays the same; it is made anew where it is missing, damaged, near its end, not for the
// address needed, or was readable by others; then it is for all of addrs. Where it cannot be kept, the note says so, and
// it lasts as long as the program.
func ownCertificate(dir, host string, addrs []netip.Addr, needed netip.Addr, now time.Time) (cert tls.Certificate, note string, err error) {
	file := filepath.Join(dir, "tls-"+safeName(host)+".pem")
	if dir != "" {
		if cert, err := readCertificate(file, needed, now); err == nil {
			return cert, "", nil
		}
	}
	text, err := makeCertificate(host, addrs, now)
	if err != nil {
		return cert, "", err
	}
	if cert, err = parseCertificate(text); err != nil {
		return cert, "", err
	}
	if dir == "" {
		return cert, "There is no folder for settings, so the certificate is another one at the next start.", nil
	}
	if err := writePrivate(file, text); err != nil {
		return cert, fmt.Sprintf("The certificate cannot be kept (%v), so it is another one at the next start.", err), nil
	}
	return cert, "", nil
}

// safeName returns a host's name as a part of a file's.
func safeName(host string) string {
	host = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, host)
	return host[:min(len(host), 64)]
}

// errNotOurs says why a certificate that is there is not used.
var errNotOurs = errors.New("the certificate is not to be used")

// readCertificate reads the file, unless what it has is not good enough.
func readCertificate(file string, needed netip.Addr, now time.Time) (tls.Certificate, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return tls.Certificate{}, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		return tls.Certificate{}, errNotOurs
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert, err := parseCertificate(text)
	if err != nil {
		return tls.Certificate{}, err
	}
	if now.Before(cert.Leaf.NotBefore) || now.Add(certSpare).After(cert.Leaf.NotAfter) {
		return tls.Certificate{}, errNotOurs
	}
	if cert.Leaf.VerifyHostname(needed.String()) != nil {
		return tls.Certificate{}, errNotOurs
	}
	return cert, nil
}

// parseCertificate reads a key and a certificate out of one text.
func parseCertificate(text []byte) (tls.Certificate, error) {
	cert, err := tls.X509KeyPair(text, text)
	if err != nil {
		return cert, fmt.Errorf("certificate: %w", err)
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return cert, fmt.Errorf("certificate: %w", err)
		}
	}
	return cert, nil
}

// makeCertificate makes a key (ECDSA on P-256) and a certificate for it, as PEM. It is good for the machine's names and
// addresses and can sign no other.
func makeCertificate(host string, addrs []netip.Addr, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate: key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("certificate: serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "sockeye on " + safeName(host)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certTime), // clocks differ
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if name := lowerASCII(strings.TrimSuffix(host, ".local")); isName(name) && name != "localhost" {
		template.DNSNames = append(template.DNSNames, name, name+".local")
	}
	for _, a := range addrs {
		template.IPAddresses = append(template.IPAddresses, net.IP(a.WithZone("").AsSlice()))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("certificate: key: %w", err)
	}
	var b bytes.Buffer
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return b.Bytes(), nil
}

// writePrivate puts a text into a file that nobody else can read, at once or not at all.
func writePrivate(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".tls-*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err == nil {
		return nil
	}
	if left := os.Remove(f.Name()); left != nil && !errors.Is(left, fs.ErrNotExist) {
		err = errors.Join(err, left)
	}
	return err
}

// fingerprint returns the SHA-256 of a certificate as browsers show it.
func fingerprint(cert *tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}
