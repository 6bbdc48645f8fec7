package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"-sizes", "1000, 2000", "-viewers", "0", "-short", "0", "-markdown"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1000, 2000}, o.sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	if len(o.viewers) != 1 || o.short != 0 || !o.markdown || o.cpu != time.Minute {
		t.Errorf("options %+v", o)
	}
	if o, err = parse([]string{"-sizes", ""}); err != nil || len(o.sizes) != 0 {
		t.Errorf("no sizes: %v, %v", o.sizes, err)
	}
	if o, err = parse(nil); err != nil || len(o.sizes) != 3 || len(o.viewers) != 3 {
		t.Errorf("nothing given: %+v, %v", o, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"-sizes 10":                "10 sockets: 100 to",
		"-sizes 1000,x":            "is not a number",
		"-sizes 200001":            "200001 sockets",
		"-watched 1":               "1 sockets",
		"-viewers 1001":            "1001 viewers",
		"-viewers ,":               "no number of viewers",
		"-rounds 0":                "0 rounds",
		"-task polls -rounds 1001": "1001 rounds",
		"-interval 99ms":           "interval 99ms",
		"-rate 0":                  "0 connections a second",
		"-rate 20001":              "20001 connections a second",
		"-cpu 61m":                 "time 1h1m0s",
		"-short -1s":               "time -1s",
		"stray":                    `unexpected argument "stray"`,
	} {
		if _, err := parse(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", line, err, want)
		}
	}
	if _, err := parse([]string{"-help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help: %v", err)
	}
}

func TestWorkRefusesUnknownTasks(t *testing.T) {
	if err := work(t.Context(), options{task: "none"}, full{}); err == nil || !strings.Contains(err.Error(), `no task "none"`) {
		t.Errorf("error %v", err)
	}
}
