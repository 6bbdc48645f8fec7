package main

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// A double click opens the page and keeps an error on the screen; a command line is taken as it is.
func TestLaunch(t *testing.T) {
	for _, tt := range []struct {
		name        string
		doubleClick bool
		code        int
		args, want  []string
		waits       bool
	}{
		{"from a shell", false, exitFailure, []string{"--listen", "x"}, []string{"--listen", "x"}, false},
		{"double click", true, exitOK, nil, []string{"--open"}, false},
		{"double click that fails", true, exitFailure, nil, []string{"--open"}, true},
		{"link with arguments", true, exitOK, []string{"--interval=5s"}, []string{"--open", "--interval=5s"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			var got []string
			in := strings.NewReader("\nrest")
			code := launch(tt.args, tt.doubleClick, in, &out, func(args []string) int { got = args; return tt.code })
			if code != tt.code || !slices.Equal(got, tt.want) {
				t.Errorf("code %d, arguments %q", code, got)
			}
			if waited := in.Len() == 0; waited != tt.waits || waited != strings.Contains(out.String(), "Enter") {
				t.Errorf("waited %v, said %q", waited, out.String())
			}
		})
	}
}

// The page is opened, and where that fails it is said where it is.
func TestOpenPage(t *testing.T) {
	var errs bytes.Buffer
	asked := ""
	var failure error
	open := func(_ context.Context, url string) error { asked = url; return failure }
	openPage(t.Context(), "http://localhost:8080", &errs, open)
	if asked != "http://localhost:8080" || errs.Len() > 0 {
		t.Errorf("opened %q, said %q", asked, errs.String())
	}
	failure = errors.New("no desktop")
	openPage(t.Context(), "http://localhost:8080", &errs, open)
	if got := errs.String(); !strings.Contains(got, "no desktop") || !strings.Contains(got, "open http://localhost:8080 yourself") {
		t.Errorf("said %q", got)
	}
}

// A browser that never comes is given up at the end, without a word.
func TestOpenBeside(t *testing.T) {
	var errs bytes.Buffer
	asked := make(chan struct{})
	stop := openBeside(t.Context(), "http://localhost:8080", &errs, func(ctx context.Context, _ string) error {
		close(asked)
		<-ctx.Done()
		return ctx.Err()
	})
	<-asked
	stop()
	if errs.Len() > 0 {
		t.Errorf("said %q", errs.String())
	}
}

// --version says version, commit, date, Go and platform; what the build does not know is said to be unknown.
func TestVersionOf(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
		{Key: "vcs.modified", Value: "true"},
	}}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if got, want := versionOf(info), "sockeye v1.2.3 (commit 0123456789ab with changes, 2026-01-02T03:04:05Z, go1.26.0, "+platform+")"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	info.Settings = nil
	if got, want := versionOf(info), "sockeye v1.2.3 (commit unknown, go1.26.0, "+platform+")"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
