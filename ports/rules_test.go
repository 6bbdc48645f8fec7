package ports

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEphemeral(t *testing.T) {
	if s, err := parseEphemeral([]byte("32768\t60999\n")); err != nil || s != (Span{32768, 60999}) {
		t.Errorf("%v, %v", s, err)
	}
	for _, text := range []string{"", "1", "1 2 3", "a b", "9 8", "1 65536", "-1 5"} {
		if s, err := parseEphemeral([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, s)
		}
	}
}

func TestParseReserved(t *testing.T) {
	for text, want := range map[string]Spans{
		"\n": nil, "": nil, "8080\n": {{8080, 8080}}, "1,2-5,4\n": {{1, 5}}, "40009,8109,8110-8112\n": {{8109, 8112}, {40009, 40009}},
	} {
		if got, err := parseReserved([]byte(text)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{",", "1,", "x", "5-1", "1-65536"} {
		if got, err := parseReserved([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestParsePrivileged(t *testing.T) {
	for text, want := range map[string]uint16{"1024\n": 1024, "0\n": 0, "65536": 65535, "80": 80} {
		if got, err := parsePrivileged([]byte(text)); err != nil || got != want {
			t.Errorf("%q is read as %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "65537", "x"} {
		if got, err := parsePrivileged([]byte(text)); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestParseMayBind(t *testing.T) {
	for text, want := range map[string]bool{
		"Name:\tx\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000000\n": false,
		"CapEff:\t0000000000000400\n":                                      true,
		"CapEff:\t000001ffffffffff\nCapBnd:\t0\n":                          true,
		"CapEff:\t00000000a80421fb\n":                                      false,
		"CapEff:\t00000000a80425fb\n":                                      true, // a container's usual set
	} {
		if got, err := parseMayBind([]byte(text)); err != nil || got != want {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Name: x\n", "CapEff:\tx\n"} {
		if got, err := parseMayBind([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// FuzzRules holds that whatever stands in the files, what is read of them is in order.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{"32768 60999", "8080,9000-9100", "1024", "CapEff: 400", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseEphemeral(b); err == nil && s.Last < s.First {
			t.Fatalf("range %v", s)
		}
		if all, err := parseReserved(b); err == nil {
			if again, err := parseReserved([]byte(all.String())); err != nil || !cmp.Equal(again, all) {
				t.Fatalf("%v is read back as %v, %v", all, again, err)
			}
		}
		_, errPort := parsePrivileged(b)
		_, errCaps := parseMayBind(b)
		if errPort != nil && len(errPort.Error()) > 200 || errCaps != nil && len(errCaps.Error()) > 200+len(b) {
			t.Fatal(errors.Join(errPort, errCaps))
		}
	})
}

func TestRules(t *testing.T) {
	r := Rules{Ephemeral: Span{32768, 60999}, Reserved: Spans{{40000, 40010}}, PrivilegedBelow: 1024}
	for port, want := range map[uint16][2]bool{ // denied, handed out
		1: {true, false}, 1023: {true, false}, 1024: {false, false}, 32768: {false, true}, 40005: {false, false}, 60999: {false, true}, 61000: {false, false},
	} {
		if r.Denied(port) != want[0] || r.HandedOut(port) != want[1] {
			t.Errorf("%d: denied %v, handed out %v", port, r.Denied(port), r.HandedOut(port))
		}
	}
	r.MayPrivileged = true
	if r.Denied(1) || (&Rules{}).HandedOut(0) || (&Rules{}).Denied(0) {
		t.Error("rules that do not hold, hold")
	}
}

// This system tells its rules.
func TestReadRules(t *testing.T) {
	r := ReadRules()
	if len(r.Problems) > 0 || r.Ephemeral.First == 0 || r.Ephemeral.Last < r.Ephemeral.First {
		t.Errorf("%+v", r)
	}
}
