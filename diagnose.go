package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"sockeye/diagnose"
	"sockeye/poller"
	"sockeye/views"
)

// The exit codes of "sockeye diagnose".
const (
	exitHealthy = 0
	exitTrouble = 1
	exitUnknown = 2 // it could not be told, or the command cannot be read
)

// diagnosis is what the command line of "sockeye diagnose" says.
type diagnosis struct {
	options diagnose.Options
	json    bool
}

// startDiagnosis runs "sockeye diagnose" and returns its exit code.
func startDiagnosis(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	d, err := parseDiagnosis(args, env, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "sockeye: %v\nsockeye diagnose --help lists the flags.\n", err)
		return exitUnknown
	}
	stop, err := d.watchSockets(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "sockeye: the socket table is left out: %v\n", err)
	}
	defer stop()
	out := &sink{w: stdout}
	if !d.json {
		d.options.Report = func(r diagnose.Rung) { writeRung(out, r) }
	}
	report := diagnose.Run(ctx, d.options)
	if d.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		_ = e.Encode(report) // the sink keeps the error
	} else {
		writeVerdict(out, report)
	}
	if out.err != nil {
		fmt.Fprintf(stderr, "sockeye: write the diagnosis: %v\n", out.err)
		return exitUnknown
	}
	return diagnosisCode(report.Verdict.State)
}

// diagnosisCode returns the exit code for a conclusion.
func diagnosisCode(s diagnose.State) int {
	switch s {
	case diagnose.Healthy:
		return exitHealthy
	case diagnose.InTrouble:
		return exitTrouble
	}
	return exitUnknown
}

// sink remembers the first error of a writer and writes nothing after it.
type sink struct {
	w   io.Writer
	err error
}

// Write writes, unless it failed before.
func (s *sink) Write(b []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.w.Write(b)
	}
	return len(b), nil
}

// parseDiagnosis reads the flags of "sockeye diagnose". Help goes to out and is reported as flag.ErrHelp.
func parseDiagnosis(args []string, env func(string) (string, bool), out io.Writer) (diagnosis, error) {
	var d diagnosis
	d.options.Env = func(name string) string { v, _ := env(name); return v }
	f := flag.NewFlagSet("sockeye diagnose", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Func("target", "one server, `host:port`, that is asked about", func(s string) (err error) {
		d.options.Target, err = parseTarget(s)
		return err
	})
	f.BoolVar(&d.json, "json", false, "write the whole diagnosis as JSON when it is done")
	f.Func("internet", "`addresses` with ports, with commas between them, that stand for the internet", addressesInto(&d.options.Internet))
	f.Func("name", "`servers`, host:port with commas between them, that are contacted by name with TLS", func(s string) error {
		for _, one := range strings.Split(s, ",") {
			name, err := parseTarget(one)
			if err != nil {
				return err
			}
			d.options.Names = append(d.options.Names, name)
		}
		return nil
	})
	f.Func("portal", "http `URL` that answers with status 204 where no sign-in page is in the way", func(s string) error {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" || u.Host == "" {
			return errors.New("it must begin with http:// and have a host")
		}
		d.options.Portal = s
		return nil
	})
	f.Func("reference", "`addresses` with ports of public name servers, asked only where this machine's are in doubt", addressesInto(&d.options.Reference))
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		diagnosisUsage(f, out)
		return d, err
	} else if err != nil {
		return d, err
	}
	if f.NArg() > 0 {
		return d, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return d, nil
}

// parseTarget checks that a server is a host and a port.
func parseTarget(s string) (string, error) {
	if err := diagnose.CheckTarget(s); err != nil {
		return "", err
	}
	return s, nil
}

// addressesInto returns a flag's function that reads addresses with ports.
func addressesInto(list *[]netip.AddrPort) func(string) error {
	return func(s string) error {
		for _, one := range strings.Split(s, ",") {
			a, err := netip.ParseAddrPort(one)
			if err != nil || a.Port() == 0 {
				return fmt.Errorf("%q is not an address with a port, such as 192.0.2.1:443 or [2001:db8::1]:443", one)
			}
			*list = append(*list, a)
		}
		return nil
	}
}

// diagnosisUsage writes the help.
func diagnosisUsage(f *flag.FlagSet, out io.Writer) {
	fmt.Fprint(out, `Says whether it is this machine, the router, the line, the name server or that one server.

  sockeye diagnose [flags]

It sends packets to the router, the name servers and the addresses and names below, and takes up to ten seconds.
Exit code: 0 healthy, 1 trouble found, 2 it could not be told.

`)
	f.SetOutput(out)
	f.PrintDefaults()
}

// watchSockets has the diagnosis look at the socket table. stop is never nil.
func (d *diagnosis) watchSockets(ctx context.Context) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	log := slog.New(slog.DiscardHandler) // what matters of it is in the table's status
	p, err := poller.New(ctx, poller.Options{Source: poller.SourceAuto, Interval: poller.DefaultInterval, Log: log, Observe: func(*poller.Delta) {}})
	if err != nil {
		cancel()
		return func() {}, err
	}
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) }) // closing a source that was read fails no diagnosis
	d.options.Findings = func(ctx context.Context) (list []diagnose.Finding, err error) {
		if err := p.Fresh(ctx); err != nil {
			return nil, err
		}
		p.Read(func(t *poller.Table) {
			if s := t.Status(); !s.Complete {
				err = errors.New(s.Stale)
			}
			list = diagnose.FindingsIn(t)
		})
		return list, err
	}
	d.options.Traffic = func(ctx context.Context, peer netip.Addr) (f diagnose.Traffic, err error) {
		if err := p.Fresh(ctx); err != nil {
			return f, err
		}
		p.Read(func(t *poller.Table) { f = diagnose.TrafficIn(t, peer) })
		return f, nil
	}
	d.options.Inside = func(ctx context.Context, port uint16) (name string, ok bool) {
		if p.Fresh(ctx) == nil { // without a table nothing is claimed
			p.Read(func(t *poller.Table) { name, ok = diagnose.InsideIn(t, port) })
		}
		return name, ok
	}
	return func() { cancel(); running.Wait() }, nil
}

// marks are what stands before a rung.
var marks = map[diagnose.Status]string{diagnose.OK: "ok", diagnose.Trouble: "BAD", diagnose.Unknown: "?", diagnose.Skipped: "-"}

// writeRung writes one rung as soon as it is done: what was tried only where something is wrong.
func writeRung(out io.Writer, r diagnose.Rung) {
	fmt.Fprintf(out, "%-4s %-24s %s\n", marks[r.Status], r.Title, views.Whole(r.Result))
	if r.Status != diagnose.Trouble {
		return
	}
	for _, f := range r.Facts {
		fmt.Fprintf(out, "       %s: %s\n", views.Whole(f.Tried), views.Whole(f.Answer))
	}
}

// writeVerdict writes what it comes to.
func writeVerdict(out io.Writer, r diagnose.Report) {
	v := r.Verdict
	fmt.Fprintln(out)
	switch v.State {
	case diagnose.Healthy:
		fmt.Fprintln(out, "HEALTHY")
	case diagnose.InTrouble:
		fmt.Fprintf(out, "TROUBLE: %s (%s)\n", v.Place, v.Cause)
	default:
		fmt.Fprintln(out, "CANNOT TELL")
	}
	fmt.Fprintln(out, views.Whole(v.Sentence))
	for _, m := range v.Mend {
		fmt.Fprintf(out, "  > %s\n", views.Whole(m))
	}
	for i, f := range v.Also {
		if i == 0 {
			fmt.Fprintln(out, "\nAlso:")
		}
		fmt.Fprintf(out, "  %s: %s\n", f.Severity, views.Whole(f.Sentence))
	}
	fmt.Fprintf(out, "\nThis took %.1f s.\n", r.Took.Seconds())
}
