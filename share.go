package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sockeye/access"
	"sockeye/owner"
	"sockeye/qrcode"
	"sockeye/server"
)

// shareSettings is what the command line says of letting others in.
type shareSettings struct {
	on        bool
	addr      string // "" to choose the only one, or to ask
	plain     bool
	tokenFile string
}

// addFlags adds the flags of sharing.
func (c *shareSettings) addFlags(f *flag.FlagSet) {
	f.BoolVar(&c.on, "share", false, "let others in the network look, by a link, over HTTPS")
	f.StringVar(&c.addr, "share-addr", "", "the `address` of this machine to share at, where it has several")
	f.BoolVar(&c.plain, "share-http", false, "share over plain HTTP: others in the network can read along")
	f.StringVar(&c.tokenFile, "token-file", "", "`file` with a secret that makes its bearer the owner, for programs and containers")
}

// check tells what cannot be.
func (c *shareSettings) check() error {
	if c.addr != "" && !c.wanted() {
		return errors.New("--share-addr is of use with --share or --share-http only")
	}
	return nil
}

// wanted reports whether something is shared from the start.
func (c *shareSettings) wanted() bool { return c.on || c.plain }

// trustFile makes an owner of whoever has the secret in the file.
func trustFile(keeper *access.Keeper, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < access.MinSecret {
		return fmt.Errorf("token file %s: the secret must have %d characters at least", file, access.MinSecret)
	}
	keeper.TrustSecret(secret)
	return nil
}

// ownersLink returns the address for people. Where it is not certain that the system can tell who the owner is, a
// secret is part of it: beyond Linux, where a proxy stands between, and where others are meant to come from elsewhere.
func ownersLink(c settings, s *server.Server, keeper *access.Keeper) string {
	link := s.URL()
	if c.share.tokenFile == "" && (!owner.IsKnown() || inContainer() || len(c.allowHosts) > 0 || beyondLoopback(s)) {
		link += "/#k=" + keeper.OwnerSecret()
	}
	return link
}

// beyondLoopback reports whether the server listens for others.
func beyondLoopback(s *server.Server) bool {
	for _, a := range s.Addrs() {
		if !a.Addr().IsLoopback() {
			return true
		}
	}
	return false
}

// inContainer reports whether this runs in a container, whose users are not those of the machine.
func inContainer() bool {
	for _, name := range []string{"container", "KUBERNETES_SERVICE_HOST"} {
		if _, set := os.LookupEnv(name); set {
			return true
		}
	}
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}

// newSharing prepares what lets others in, and checks what the command line says of it. Nothing is open yet.
func newSharing(c settings, s *server.Server, log *slog.Logger) (*server.Sharing, error) {
	host, err := os.Hostname()
	if err != nil {
		log.Warn("the machine's name is unknown", "error", err)
		host = "localhost"
	}
	dir, err := os.UserConfigDir()
	if err == nil {
		dir = filepath.Join(dir, "sockeye")
	} else {
		log.Info("no folder for settings", "error", err)
	}
	sharing, err := s.Share(server.ShareConfig{Host: host, CertDir: dir, TLSCert: c.tlsCert, TLSKey: c.tlsKey})
	if err != nil {
		return nil, &usageError{err}
	}
	if c.share.addr == "" {
		return sharing, nil
	}
	places, err := sharing.Places()
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(places, func(p access.Place) bool { return p.ID == c.share.addr }) {
		return nil, &usageError{fmt.Errorf("--share-addr: %q is no address of this machine:%w", c.share.addr, listOf(places))}
	}
	return sharing, nil
}

// listOf returns the places as the end of an error.
func listOf(places []access.Place) error {
	var ids []string
	for _, p := range places {
		ids = append(ids, " "+p.ID)
	}
	return errors.New(strings.Join(ids, ","))
}

// console is where somebody may sit and read.
type console struct {
	in  io.Reader // nil where nobody can be asked
	out io.Writer
}

// shareNow makes the link that --share asks for and prints it.
func shareNow(ctx context.Context, c shareSettings, sharing *server.Sharing, t console) error {
	made, err := sharing.Invite(ctx, c.addr, c.plain, "/")
	var several *access.SeveralError
	if errors.As(err, &several) && t.in != nil {
		var place string
		if place, err = askPlace(ctx, several.Places, t); err == nil {
			made, err = sharing.Invite(ctx, place, c.plain, "/")
		}
	}
	if errors.As(err, &several) {
		return &usageError{fmt.Errorf("--share: %w\nGive one of them with --share-addr", err)}
	}
	if err != nil {
		return err
	}
	return printInvitation(made, t.out)
}

// askPlace asks which address it is to be.
func askPlace(ctx context.Context, places []access.Place, t console) (string, error) {
	fmt.Fprintln(t.out, "This machine has several addresses:")
	for i, p := range places {
		fmt.Fprintf(t.out, "  %d  %-15s  %s\n", i+1, p.ID, p.Note)
	}
	fmt.Fprintf(t.out, "At which one do you share? [1-%d] ", len(places))
	lines := make(chan string, 1)
	go func() { // ends with the program where nobody ever answers: a read of a terminal cannot be given up
		line, err := bufio.NewReader(t.in).ReadString('\n')
		if err != nil {
			line = ""
		}
		lines <- strings.TrimSpace(line)
	}()
	var line string
	select {
	case line = <-lines:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if line == "" {
		return "", &access.SeveralError{Places: places}
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(places) {
		return places[n-1].ID, nil
	}
	return line, nil // perhaps the address itself
}

// printInvitation tells of a link: itself, as a QR code, what it is good for, and how to know the machine.
func printInvitation(made access.Invitation, out io.Writer) error {
	code, err := qrcode.New(made.URL)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "sockeye: shared at %s\n\n%s\n", made.URL, code.Blocks())
	fmt.Fprintf(out, "Viewers only, without command lines. Good until %s, for %d people, and no longer than this program runs.\n",
		made.Until.Format("15:04 MST"), access.LinkSessions)
	if made.Plain {
		fmt.Fprintln(out, "This is plain HTTP: everybody in the network can read along and take the link.")
	}
	if made.Fingerprint != "" {
		fmt.Fprintf(out, "Browsers warn of the certificate, which this machine has signed itself. Its SHA-256 fingerprint:\n%s\n", made.Fingerprint)
	}
	if made.Note != "" {
		fmt.Fprintln(out, made.Note)
	}
	return nil
}

// shareAtOnce shares where the command line wants it, and says how else one could look.
func shareAtOnce(ctx context.Context, c shareSettings, s *server.Server, sharing *server.Sharing, t console) error {
	if !c.wanted() {
		return nil
	}
	if err := shareNow(ctx, c, sharing, t); err != nil {
		return err
	}
	port := s.Addrs()[0].Port()
	fmt.Fprintf(t.out, "Who may log in here needs no certificate: ssh -L %d:localhost:%d and the name of this machine, then\n"+
		"the same link with %s in front.\n", port, port, s.URL())
	return nil
}

// terminal returns what to read answers from, nil where nobody is there to give them.
func terminal(f *os.File) io.Reader {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return f
}
