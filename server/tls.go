package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// loadTLS reads the pair of PEM files; nil where no TLS is asked for. The files are read again when they change, so that
// a certificate is renewed without a restart.
func loadTLS(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, errors.New("tls: the certificate and the key are needed together")
	}
	f := &certFiles{cert: certFile, key: keyFile, now: time.Now, log: log}
	if err := f.load(); err != nil {
		return nil, err
	}
	return tlsConfig(f.get), nil
}

// tlsConfig is how TLS is spoken. Versions below TLS 1.2 are refused (RFC 8996); the choice of ciphers is left to
// crypto/tls. HTTP/1.1 is the only protocol.
func tlsConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: get}
}

// certEvery is how often the files are looked at, at the most.
const certEvery = time.Second

// certFiles is a certificate and its key in files, as they were read last.
type certFiles struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu     sync.Mutex // guards the fields below
	loaded *tls.Certificate
	stamps [2]stamp
	next   time.Time
}

// stamp is by which a file is known to have changed.
type stamp struct {
	size     int64
	modified time.Time
}

// stampOf returns the stamp of a file.
func stampOf(name string) (stamp, error) {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

// look returns the stamps of both files.
func (f *certFiles) look() (stamps [2]stamp, err error) {
	for i, name := range []string{f.cert, f.key} {
		if stamps[i], err = stampOf(name); err != nil {
			return stamps, err
		}
	}
	return stamps, nil
}

// load reads the files. f.mu is held, or nobody else knows f.
func (f *certFiles) load() error {
	stamps, err := f.look()
	if err == nil {
		var cert tls.Certificate
		if cert, err = tls.LoadX509KeyPair(f.cert, f.key); err == nil {
			f.loaded, f.stamps = &cert, stamps
			return nil
		}
	}
	return fmt.Errorf("tls: read %s and %s: %w", f.cert, f.key, err)
}

// get returns the certificate for a handshake. Files that cannot be read leave the one before in use: they may be half
// written, and are read again a second later.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if now.Before(f.next) {
		return f.loaded, nil
	}
	f.next = now.Add(certEvery)
	stamps, err := f.look()
	if err == nil && stamps == f.stamps {
		return f.loaded, nil
	}
	if err := f.load(); err != nil {
		f.log.Warn("the changed certificate cannot be used, the one before stays", "error", err)
		return f.loaded, nil
	}
	f.log.Warn("the certificate was read again", "file", f.cert)
	return f.loaded, nil
}
