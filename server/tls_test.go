package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// writeCert makes a certificate for localhost, and returns its files and a pool that trusts it.
func writeCert(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

func TestTLS(t *testing.T) {
	cert, key, pool := writeCert(t)
	s := newTestServer(t, Config{TLSCert: cert, TLSKey: key}, testSite{}, defaultLimits)
	serve(t, s)
	if !strings.HasPrefix(s.URL(), "https://localhost:") {
		t.Errorf("url %s", s.URL())
	}
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	res, err := client.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 1 || res.TLS.Version < tls.VersionTLS12 {
		t.Errorf("status %d, HTTP/%d, TLS %x", res.StatusCode, res.ProtoMajor, res.TLS.Version)
	}
	checkHeaders(t, "tls", res.Header)
	for origin, ok := range map[string]bool{s.URL(): true, strings.Replace(s.URL(), "https", "http", 1): false} {
		ws, _, err := websocket.Dial(t.Context(), s.URL()+"/live", &websocket.DialOptions{
			HTTPClient: client, HTTPHeader: http.Header{"Origin": {origin}}})
		if (err == nil) != ok {
			t.Errorf("origin %s: %v", origin, err)
		}
		if err == nil {
			ws.CloseNow()
		}
	}
	old := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", s.Addrs()[0].String(), old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is accepted")
	}
	if res, body := raw(t, s.Addrs()[0], "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); res.StatusCode != 400 || strings.Contains(body, "secret") {
		t.Errorf("plain request: status %d, body %q", res.StatusCode, body)
	}
}

func TestTLSFiles(t *testing.T) {
	cert, key, _ := writeCert(t)
	table := []struct{ cert, key, says string }{
		{cert, "", "together"},
		{"", key, "together"},
		{cert, filepath.Join(t.TempDir(), "none.pem"), "none.pem"},
		{key, cert, "tls: read"},
	}
	for _, tt := range table {
		if _, err := New(Config{Listen: "localhost:0", TLSCert: tt.cert, TLSKey: tt.key}, testSite{}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s, %s: %v", tt.cert, tt.key, err)
		}
	}
}
