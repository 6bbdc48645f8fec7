package diagnose

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"sockeye/poller"
)

// labVariable has the test binary be the program that is run in the laboratory.
const labVariable = "SOCKEYE_DIAGNOSE_LABORATORY"

func TestMain(m *testing.M) {
	if text := os.Getenv(labVariable); text != "" {
		if err := runInLab(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m) // no test leaves a goroutine behind
}

// runInLab runs the diagnosis with the options given and writes the report to standard output.
func runInLab(text string) error {
	var o labOptions
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if o.NoRaw {
		if err := dropRaw(); err != nil {
			return err
		}
	}
	roots := x509.NewCertPool()
	b, err := os.ReadFile(o.Roots)
	if err != nil {
		return err
	}
	roots.AppendCertsFromPEM(b)
	options := Options{
		Target: o.Target, Internet: o.Internet, Names: o.Names, Portal: o.Portal, Reference: o.Reference,
		ResolvConf: o.ResolvConf, Hosts: o.Hosts, Upstreams: o.Upstreams, Roots: roots,
		Env: func(name string) string { return o.Env[name] },
		Now: func() time.Time { return time.Now().Add(o.Ahead) },
	}
	if o.Table {
		options.Findings = tableFindings
		options.Inside = func(ctx context.Context, port uint16) (name string, ok bool) {
			err := readTable(ctx, func(t *poller.Table) { name, ok = InsideIn(t, port) })
			return name, ok && err == nil
		}
	}
	return json.NewEncoder(os.Stdout).Encode(Run(context.Background(), options))
}

// dropRaw becomes a user without privileges.
func dropRaw() error {
	if err := unix.Setgroups(nil); err != nil {
		return err
	}
	return unix.Setuid(65534)
}

// tableFindings reads the socket table of this namespace and applies the rules to it.
func tableFindings(ctx context.Context) (list []Finding, err error) {
	err = readTable(ctx, func(t *poller.Table) { list = FindingsIn(t) })
	return list, err
}

// readTable reads the socket table of this namespace.
func readTable(ctx context.Context, read func(*poller.Table)) error {
	ctx, cancel := context.WithCancel(ctx)
	p, err := poller.New(ctx, poller.Options{Source: poller.SourceNetlink, Interval: poller.DefaultInterval, Log: slog.New(slog.DiscardHandler), Observe: func(*poller.Delta) {}})
	if err != nil {
		cancel()
		return err
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	err = p.Fresh(ctx)
	p.Read(read)
	cancel()
	return errors.Join(err, <-done)
}
