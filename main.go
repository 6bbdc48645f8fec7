// Sockeye shows every network connection of this machine, live, in a browser.
//
//	go run .
//
// It serves http://localhost:8080 until it is interrupted. Run it with --help for its flags; README.md has the rest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sockeye/access"
	"sockeye/owner"
	"sockeye/poller"
	"sockeye/server"
	"sockeye/views"
	"sockeye/web"
)

// The program's exit codes.
const (
	exitOK      = 0 // after a signal, --help and --version
	exitFailure = 1
	exitUsage   = 2
)

// shutdownTime is how long viewers and exports get to end once a signal came.
const shutdownTime = 2500 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(launch(os.Args[1:], byDoubleClick(), os.Stdin, os.Stderr, func(args []string) int {
		return start(ctx, args, os.LookupEnv, os.Stdout, os.Stderr)
	}))
}

// start reads the settings, runs the program until ctx ends and returns its exit code.
func start(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "diagnose" {
		return startDiagnosis(ctx, args[1:], env, stdout, stderr)
	}
	c, err := parseSettings(args, env, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return report(&usageError{err}, stderr)
	case c.version:
		fmt.Fprintln(stdout, version())
		return exitOK
	}
	if c.user != "" {
		if err := become(c.user, args, c.actions); err != nil {
			return report(err, stderr)
		}
	}
	return report(run(ctx, c, stderr), stderr)
}

// report tells what went wrong, if something did, and returns the exit code for it.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "sockeye: %v\n", err)
	var bad *usageError
	if !errors.As(err, &bad) {
		return exitFailure
	}
	fmt.Fprintln(stderr, "sockeye --help lists the flags.")
	return exitUsage
}

// usageError is a setting that cannot be read or used.
type usageError struct{ error }

// Unwrap returns what is wrong with it.
func (e *usageError) Unwrap() error { return e.error }

// settings is what the command line and the environment say.
type settings struct {
	listen     string
	interval   time.Duration
	source     poller.SourceKind
	allowHosts []string
	tlsCert    string
	tlsKey     string
	share      shareSettings
	open       bool
	actions    bool
	auditLog   string
	user       string
	version    bool
}

// parseSettings reads the flags; a flag that is not given is looked for in the environment, --allow-host as
// SOCKEYE_ALLOW_HOST. Help goes to out and is reported as flag.ErrHelp.
func parseSettings(args []string, env func(string) (string, bool), out io.Writer) (settings, error) {
	var c settings
	f := flag.NewFlagSet("sockeye", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.listen, "listen", "localhost:8080", "`host:port` to serve; localhost is 127.0.0.1 and ::1")
	c.interval = poller.DefaultInterval
	f.Func("interval", "`time` between two looks at the sockets, 100ms to 1m (default "+poller.DefaultInterval.String()+")", func(s string) (err error) {
		c.interval, err = parseInterval(s)
		return err
	})
	c.source = poller.SourceAuto
	f.Func("source", "where sockets are read from: auto, netlink (Linux), iphlpapi (Windows) or gopsutil (default auto)", func(s string) (err error) {
		c.source, err = poller.ParseSource(s)
		return err
	})
	f.Func("allow-host", "further `name` by which a proxy or tunnel calls this server, as https://name where it ends TLS; may be repeated", func(s string) error {
		c.allowHosts = append(c.allowHosts, strings.Split(s, ",")...)
		return nil
	})
	f.StringVar(&c.tlsCert, "tls-cert", "", "PEM `file` with the certificate to serve HTTPS with; with --share, at the shared address alone")
	f.StringVar(&c.tlsKey, "tls-key", "", "PEM `file` with its key")
	c.share.addFlags(f)
	f.BoolVar(&c.open, "open", false, "open the page in the browser; a double click on Windows does")
	f.BoolVar(&c.actions, "allow-actions", false, "let the owner, on this machine, close connections and end processes")
	f.StringVar(&c.auditLog, "audit-log", "", "`file` that says what was ended, before it is; the default is in the user's state folder")
	f.StringVar(&c.user, "user", "", "`name` or number of the user to go on as where root starts it, with the right to see all processes (Linux)")
	f.BoolVar(&c.version, "version", false, "print the version and end")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		usage(f, out)
		return c, err
	} else if err != nil {
		return c, err
	}
	if f.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err := fromEnvironment(f, env); err != nil {
		return c, err
	}
	return c, c.share.check()
}

// parseInterval reads the time between two polls.
func parseInterval(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < poller.MinInterval || d > poller.MaxInterval {
		return 0, errors.New("it must be 100ms to 1m, with its unit")
	}
	return d, nil
}

// fromEnvironment sets the flags that were not given from SOCKEYE_ variables; one that is empty is not set. The version
// is no setting.
func fromEnvironment(f *flag.FlagSet, env func(string) (string, bool)) error {
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var failure error
	f.VisitAll(func(fl *flag.Flag) {
		name := "SOCKEYE_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		value, set := env(name)
		if !set || value == "" || fl.Name == "version" || given[fl.Name] || failure != nil {
			return
		}
		if err := f.Set(fl.Name, value); err != nil {
			failure = fmt.Errorf("invalid value %q of %s: %w", value, name, err)
		}
	})
	return failure
}

// usage writes the help.
func usage(f *flag.FlagSet, out io.Writer) {
	fmt.Fprint(out, `Sockeye shows every network connection of this machine, live, in a browser.

  sockeye [flags]      then open http://localhost:8080
  sockeye diagnose     says in the terminal what is wrong with the connection; --help lists its flags

Each flag can also be set in the environment: --allow-host as SOCKEYE_ALLOW_HOST.

`)
	f.SetOutput(out)
	f.PrintDefaults()
}

// run serves until ctx ends or something fails. Its two long-lived goroutines, the poller's and the server's, have
// ended when it returns.
func run(ctx context.Context, c settings, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var site *web.Site
	p, err := poller.New(ctx, poller.Options{
		Source: c.source, Interval: c.interval, Log: log,
		Observe: func(d *poller.Delta) { site.Observe(d) },
	})
	if err != nil {
		return err
	}
	site = web.New(p, log)
	defer site.Close()
	if err := allowActions(c, site, log); err != nil {
		return err
	}
	polling, stopPolling := context.WithCancel(context.Background())
	polled := make(chan error, 1)
	go func() { polled <- p.Run(polling) }()
	err = serve(ctx, c, site, p, log, stderr)
	stopPolling()
	return errors.Join(err, <-polled)
}

// serve binds the listeners, says where, and serves until ctx ends.
func serve(ctx context.Context, c settings, site *web.Site, p *poller.Poller, log *slog.Logger, stderr io.Writer) error {
	keeper := access.NewKeeper()
	defer keeper.Close()
	if c.share.tokenFile != "" {
		if err := trustFile(keeper, c.share.tokenFile); err != nil {
			return &usageError{err}
		}
	}
	cfg := server.Config{
		Listen: c.listen, AllowHosts: c.allowHosts, Log: log,
		Keeper: keeper, UserOf: owner.OfPeer, Owners: owner.Users(os.LookupEnv),
		Holder: func(a netip.AddrPort) string { return holder(ctx, p, a) },
	}
	if !c.share.wanted() { // the certificate is for the shared address
		cfg.TLSCert, cfg.TLSKey = c.tlsCert, c.tlsKey
	}
	s, err := server.New(cfg, site)
	if err != nil {
		return &usageError{err}
	}
	sharing, err := newSharing(c, s, log)
	if err != nil {
		return err
	}
	site.ShareWith(sharing)
	if err := s.Open(ctx); err != nil {
		return err
	}
	defer s.Close() // of use where sharing fails before it is served
	link := ownersLink(c, s, keeper)
	fmt.Fprintf(stderr, "sockeye: %s\n", link)
	if err := shareAtOnce(ctx, c.share, s, sharing, console{in: terminal(os.Stdin), out: stderr}); err != nil {
		return err
	}
	if c.open {
		defer openBeside(ctx, link, stderr, openBrowser)()
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	err = s.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("some connections did not end in time and were cut")
		err = nil
	}
	return errors.Join(err, <-served)
}

// holderPatience is how long the search for the holder of a taken port may take.
const holderPatience = 2 * time.Second

// holder names the process that listens where a is, "" where it is not known.
func holder(ctx context.Context, p *poller.Poller, a netip.AddrPort) string {
	ctx, cancel := context.WithTimeout(ctx, holderPatience)
	defer cancel()
	if err := p.Fresh(ctx); err != nil {
		return ""
	}
	name, exact := "", false
	p.Read(func(t *poller.Table) {
		for c := range t.All() {
			if c.Owner == nil || exact || !takes(c, a) {
				continue
			}
			exact = c.Local.Addr() == a.Addr()
			name = fmt.Sprintf("%s (PID %d)", views.Visible(c.Owner.Name), c.Owner.PID)
		}
	})
	return name
}

// takes reports whether a listener keeps a from being bound.
func takes(c *poller.Connection, a netip.AddrPort) bool {
	if c.State != poller.StateListen || c.Local.Port() != a.Port() {
		return false
	}
	theirs, ours := c.Local.Addr(), a.Addr()
	if theirs.Is4() != ours.Is4() { // only a dual-stack listener on all addresses takes the other family's
		return ours.Is4() && theirs.IsUnspecified() && !c.V6Only
	}
	return theirs == ours || theirs.IsUnspecified() || ours.IsUnspecified()
}
