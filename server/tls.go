package server

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// loadTLS reads the pair of PEM files; nil where no TLS is asked for. Versions below TLS 1.2 are refused (RFC 8996);
// the choice of ciphers is left to crypto/tls.
func loadTLS(certFile, keyFile string) (*tls.Config, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, errors.New("tls: the certificate and the key are needed together")
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("tls: read %s and %s: %w", certFile, keyFile, err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// A function, so that the files can be read again when they change.
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil },
	}, nil
}
