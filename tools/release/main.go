package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

// run builds the release of the tree that it is told of.
func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	source := f.String("source", ".", "the `folder` of the repository; its checked-out commit is built")
	to := f.String("out", "dist", "the `folder` to write to")
	check := f.Bool("check", false, "build everything twice and compare")
	only := f.String("only", "", "build for one `system` only, such as linux-amd64")
	if err := f.Parse(args); err != nil {
		return err
	}
	chosen := targets
	if *only != "" {
		chosen = nil
		for _, t := range targets {
			if t.String() == *only {
				chosen = []target{t}
			}
		}
		if chosen == nil {
			return fmt.Errorf("nothing is built for %q", *only)
		}
	}
	root, err := filepath.Abs(*source)
	if err != nil {
		return err
	}
	made, err := release(ctx, root, chosen)
	if err != nil {
		return err
	}
	if *check {
		again, err := release(ctx, root, chosen)
		if err != nil {
			return err
		}
		if err := same(made, again); err != nil {
			return err
		}
		fmt.Fprintf(out, "built twice: %d files, all identical\n", len(made))
	}
	return write(*to, made, out)
}

// release returns the files of a release by their names. Everything is built in a folder of its own.
func release(ctx context.Context, source string, chosen []target) (map[string][]byte, error) {
	work, err := os.MkdirTemp("", "sockeye-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	t, err := clone(ctx, source, filepath.Join(work, "sockeye"))
	if err != nil {
		return nil, err
	}
	if _, err := t.compile(ctx, targets[3]); err != nil { // tells the version, for those that have it in their resources
		return nil, err
	}
	made := map[string][]byte{}
	for _, to := range chosen {
		program, err := t.compile(ctx, to)
		if err != nil {
			return nil, err
		}
		files, err := t.contents(to, program)
		if err != nil {
			return nil, err
		}
		if made[to.archive(t.version)], err = to.pack(to.folder(t.version), files, t.at); err != nil {
			return nil, fmt.Errorf("%v: %w", to, err)
		}
		made[to.folder(t.version)+".spdx.json"] = files[len(files)-1].text
	}
	made["SHA256SUMS"] = checksums(made)
	return made, nil
}

// checksums returns the lines that sha256sum --check reads, in the order of the names.
func checksums(made map[string][]byte) []byte {
	var lines []string
	for name, text := range made {
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(text), name))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][66:] < lines[j][66:] })
	return []byte(strings.Join(lines, ""))
}

// same reports what differs between two releases.
func same(a, b map[string][]byte) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d files, and %d the second time", len(a), len(b))
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			return fmt.Errorf("%s differs from what was built the second time", name)
		}
	}
	return nil
}

// write writes the files, and says what they are.
func write(to string, made map[string][]byte, out io.Writer) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			return err
		}
	}
	_, err := out.Write(made["SHA256SUMS"])
	return err
}
