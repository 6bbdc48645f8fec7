package diagnose

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
	os.Exit(m.Run())
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
		ResolvConf: o.ResolvConf, Hosts: o.Hosts, Roots: roots,
		Env: func(name string) string { return o.Env[name] },
		Now: func() time.Time { return time.Now().Add(o.Ahead) },
	}
	if o.Table {
		options.Findings = tableFindings
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

// tableFindings reads the socket table and applies the rules to it.
func tableFindings(context.Context) ([]Finding, error) { return nil, nil }
