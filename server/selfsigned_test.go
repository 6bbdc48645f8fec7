package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// moment is when the tests of certificates play.
var moment = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ourAddrs are the addresses of the machine in these tests.
var ourAddrs = []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}

// keep asks for the certificate of host-7 for an address.
func keep(t *testing.T, dir, needed string, at time.Time) (print, note string) {
	t.Helper()
	cert, note, err := ownCertificate(dir, "host-7", append(ourAddrs, netip.MustParseAddr(needed)), netip.MustParseAddr(needed), at)
	if err != nil {
		t.Fatal(err)
	}
	return fingerprint(&cert), note
}

// TestOwnCertificate: what is in it, and that it is kept where nobody else can read it.
func TestOwnCertificate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "sockeye")
	cert, note, err := ownCertificate(dir, "host-7", ourAddrs, ourAddrs[0], moment)
	if err != nil || note != "" {
		t.Fatal(err, note)
	}
	for _, name := range []string{"192.0.2.7", "2001:db8::7", "127.0.0.1", "::1", "localhost", "host-7", "host-7.local"} {
		if err := cert.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	key, ok := cert.PrivateKey.(*ecdsa.PrivateKey)
	if life := cert.Leaf.NotAfter.Sub(cert.Leaf.NotBefore); !ok || key.Curve != elliptic.P256() || cert.Leaf.IsCA || life > 398*24*time.Hour {
		t.Errorf("key %T, CA %v, %v", cert.PrivateKey, cert.Leaf.IsCA, life)
	}
	if print := fingerprint(&cert); len(print) != 32*3-1 || strings.Trim(print, "0123456789ABCDEF:") != "" {
		t.Errorf("fingerprint %q", print)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "tls-host-7.pem"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestOwnCertificateStays the same, until it is near its end, of no use for the address, damaged, or was readable by
// others.
func TestOwnCertificateStays(t *testing.T) {
	dir := t.TempDir()
	first, _ := keep(t, dir, "192.0.2.7", moment)
	for _, at := range []time.Duration{0, 24 * time.Hour, 360 * 24 * time.Hour} {
		if again, _ := keep(t, dir, "192.0.2.7", moment.Add(at)); again != first {
			t.Errorf("another one after %v", at)
		}
	}
	file := filepath.Join(dir, "tls-host-7.pem")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() (needed string, at time.Time){
		"near its end":    func() (string, time.Time) { return "192.0.2.7", moment.Add(370 * 24 * time.Hour) },
		"before its time": func() (string, time.Time) { return "192.0.2.7", moment.Add(-48 * time.Hour) },
		"another address": func() (string, time.Time) { return "192.0.2.99", moment },
		"damaged":         func() (string, time.Time) { write(t, file, good[:len(good)/2]); return "192.0.2.7", moment },
		"empty":           func() (string, time.Time) { write(t, file, nil); return "192.0.2.7", moment },
		"readable by others": func() (string, time.Time) {
			if err := os.Chmod(file, 0o644); err != nil {
				t.Fatal(err)
			}
			return "192.0.2.7", moment
		},
		"a link to elsewhere": func() (string, time.Time) {
			write(t, file+".real", good)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(file+".real", file); err != nil {
				t.Fatal(err)
			}
			return "192.0.2.7", moment
		},
	} {
		if runtime.GOOS == "windows" && (name == "readable by others" || name == "a link to elsewhere") {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		write(t, file, good)
		needed, at := spoil()
		second, note := keep(t, dir, needed, at)
		third, _ := keep(t, dir, needed, at)
		if second == first || third != second || note != "" {
			t.Errorf("%s: the same %v, kept %v, %q", name, second == first, third == second, note)
		}
	}
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOwnCertificateThatCannotBeKept serves all the same, and that is said.
func TestOwnCertificateThatCannotBeKept(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, nil)
	for _, dir := range []string{"", blocked} {
		if _, note := keep(t, dir, "192.0.2.7", moment); !strings.Contains(note, "another one at the next start") {
			t.Errorf("%q: %q", dir, note)
		}
	}
}

// TestHostileHostNames are no paths, and no part of one.
func TestHostileHostNames(t *testing.T) {
	for host, want := range map[string]string{
		"host-7": "host-7", "../../etc/passwd": "______etc_passwd", "a/b": "a_b", "": "", "ü\x00": "__",
		strings.Repeat("x", 300): strings.Repeat("x", 64),
	} {
		if got := safeName(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
		if _, _, err := ownCertificate(t.TempDir(), host, ourAddrs, ourAddrs[0], moment); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// TestCertificateFilesAreReadAgain when they change; half written ones leave the one before in use.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	put := func(text []byte, at time.Time) {
		for _, file := range []string{certFile, keyFile} {
			write(t, file, text)
			if err := os.Chtimes(file, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	pem := func() ([]byte, string) {
		text, err := makeCertificate("host-7", ourAddrs, moment)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := parseCertificate(text)
		if err != nil {
			t.Fatal(err)
		}
		return text, fingerprint(&cert)
	}
	one, onePrint := pem()
	two, twoPrint := pem()
	put(one, moment)
	var log logBuffer
	now := moment
	f := &certFiles{cert: certFile, key: keyFile, now: func() time.Time { return now }, log: log.logger()}
	if err := f.load(); err != nil {
		t.Fatal(err)
	}
	want := func(when, print string) {
		t.Helper()
		cert, err := f.get(&tls.ClientHelloInfo{})
		if err != nil || fingerprint(cert) != print {
			t.Errorf("%s: another certificate, %v", when, err)
		}
	}
	want("at first", onePrint)
	put(two, moment.Add(time.Hour))
	want("within a second", onePrint)
	now = now.Add(certEvery)
	want("a second later", twoPrint)
	put(two[:50], moment.Add(2*time.Hour))
	now = now.Add(certEvery)
	want("half written", twoPrint)
	if !strings.Contains(log.String(), "the one before stays") {
		t.Errorf("nothing in the log:\n%s", log.String())
	}
	put(one, moment.Add(2*time.Hour)) // of the same time: the size tells
	now = now.Add(certEvery)
	want("whole again", onePrint)
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certEvery)
	want("without the key", onePrint)
}
