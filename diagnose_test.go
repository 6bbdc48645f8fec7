package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/diagnose"
)

func TestDiagnosisFlags(t *testing.T) {
	d, err := parseDiagnosis([]string{"--target", "example.org:443", "--json", "--internet", "192.0.2.1:443,[2001:db8::1]:443",
		"--name", "a.example:443,b.example:443", "--portal", "http://p.example/", "--reference", "192.0.2.53:53"}, environment{"https_proxy": "x"}.lookup, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o := d.options
	if !d.json || o.Target != "example.org:443" || o.Portal != "http://p.example/" || o.Env("https_proxy") != "x" || o.Env("HTTP_PROXY") != "" ||
		!slices.Equal(o.Names, []string{"a.example:443", "b.example:443"}) || !slices.Equal(o.Reference, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}) ||
		!slices.Equal(o.Internet, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("[2001:db8::1]:443")}) {
		t.Errorf("%+v", d)
	}
}

func TestDiagnosisBadUsage(t *testing.T) {
	for _, args := range [][]string{{"--target", "example.org"}, {"--target", ""}, {"--internet", "example.org:443"}, {"--internet", "192.0.2.1:0"}, {"--name", "a:443,b"},
		{"--portal", "https://p.example"}, {"--portal", "http://"}, {"--nonsense"}, {"example.org:443"}} {
		var out, errs bytes.Buffer
		if code := start(t.Context(), append([]string{"diagnose"}, args...), environment{}.lookup, &out, &errs); code != exitUnknown || out.Len() > 0 || !strings.Contains(errs.String(), "sockeye diagnose --help") {
			t.Errorf("%v: code %d, %q, %q", args, code, out.String(), errs.String())
		}
	}
}

func TestDiagnosisHelp(t *testing.T) {
	var out bytes.Buffer
	if _, err := parseDiagnosis([]string{"--help"}, environment{}.lookup, &out); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	for _, want := range []string{"Exit code: 0 healthy, 1 trouble found, 2", "-target host:port", "-json", "-internet addresses", "-name servers", "-portal URL", "-reference addresses"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help does not have %q:\n%s", want, out.String())
		}
	}
}

func TestDiagnosisCode(t *testing.T) {
	for state, want := range map[diagnose.State]int{diagnose.Healthy: 0, diagnose.InTrouble: 1, diagnose.CannotTell: 2, "": 2} {
		if got := diagnosisCode(state); got != want {
			t.Errorf("%q: %d", state, got)
		}
	}
}

// TestDiagnosisText: rungs and verdict as they stand in a terminal, with nothing in them that a terminal would obey.
func TestDiagnosisText(t *testing.T) {
	var out bytes.Buffer
	writeRung(&out, diagnose.Rung{Status: diagnose.OK, Title: "Link", Result: "All is well.", Facts: []diagnose.Fact{{Tried: "x", Answer: "y"}}})
	writeRung(&out, diagnose.Rung{Status: diagnose.Trouble, Title: "Name", Result: "Not \x1b[31mred.", Facts: []diagnose.Fact{{Tried: "ask", Answer: "no"}}})
	writeVerdict(&out, diagnose.Report{Took: 1500 * time.Millisecond, Verdict: diagnose.Verdict{
		State: diagnose.InTrouble, Finding: diagnose.Finding{Place: diagnose.PlaceRouter, Cause: "gateway-silent", Sentence: "It is off.", Mend: []string{"Switch it on."}},
		Also: []diagnose.Finding{{Severity: diagnose.Warning, Sentence: "And this."}},
	}})
	want := `ok   Link                     All is well.
BAD  Name                     Not ␛[31mred.
       ask: no

TROUBLE: router (gateway-silent)
It is off.
  > Switch it on.

Also:
  warning: And this.

This took 1.5 s.
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// failing is a writer that is gone.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestSinkRemembers: output that cannot be written is no healthy machine.
func TestSinkRemembers(t *testing.T) {
	s := &sink{w: failing{}}
	writeVerdict(s, diagnose.Report{})
	if !errors.Is(s.err, io.ErrClosedPipe) {
		t.Error(s.err)
	}
}
