package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMerges has alternatives that become one plain term, and those that must not.
func TestMerges(t *testing.T) {
	for box, want := range map[string]string{
		"state:listen or state:estab or state:listen": "state:LISTEN,ESTABLISHED",
		"port:1 or x or port:2":                       "port:1,2 or x",
		"lport:1,2 or rport:1,2":                      "port:1,2",
		"lport:1,2 or rport:2,1":                      "lport:1,2 or rport:2,1",
		"lport:1 or rport:1 or port:2":                "port:1,2",
		"lport:>1023 or rport:>1023":                  "port:>1023",
		"lport:https or rport:443":                    "lport:https or rport:443",
		"rip:10.0.0.0/8 or lip:10.0.0.0/8":            "ip:10.0.0.0/8",
		"lip:a.example or rip:A.example":              "ip:a.example",
		"-lport:1 or -rport:1":                        "-lport:1 or -rport:1",
		"lport:1 rport:1":                             "lport:1 rport:1",
		"-(lport:1 or rport:1)":                       "-port:1",
		"not (port:1 or port:2)":                      "-port:1,2",
		"not (not port:1)":                            "port:1",
		"x or (y or (z or x))":                        "x or y or z",
		"(x y) (z x)":                                 "x y z",
		"-x or -x":                                    "-x",
		"(port:1 or port:1) a":                        "port:1 a",
	} {
		q := mustParse(t, box)
		if q.String() != want {
			t.Errorf("%q is %q, want %q", box, q, want)
		}
		checkRoundTrips(t, q)
	}
}

// TestTermsOfGroups holds that a group is one chip, which can be taken away and put back.
func TestTermsOfGroups(t *testing.T) {
	q := mustParse(t, "port:443 (state:listen or (a b)) -(c or d)").SortBy("rx")
	terms := q.Terms()
	if len(terms) != 3 || !terms[1].Group || terms[1].Not || terms[1].String() != "(state:LISTEN or (a b))" ||
		!terms[2].Group || !terms[2].Not || terms[2].String() != "-(c or d)" {
		t.Fatalf("%+v", terms)
	}
	if got := q.Without(1).Encode(); got != "port=443&q=-%28c+or+d%29&sort=-rx" {
		t.Errorf("without the group: %s", got)
	}
	if got := q.Encode(); got != "port=443&q=state:LISTEN+or+%28a+b%29&q=-%28c+or+d%29&sort=-rx" {
		t.Errorf("encoded as %s", got)
	}
	again, err := q.Without(2).With(terms[2].String())
	if err != nil || again.Encode() != q.Encode() {
		t.Errorf("%q: %v", again.Encode(), err)
	}
}

// TestOperatorsAsText holds that operators can still be looked for.
func TestOperatorsAsText(t *testing.T) {
	for _, word := range []string{"or", "AND", "Not", "||", "&&", "!", "(", ")", "(a)", "!x", "a(b)"} {
		for _, box := range []string{Quote(word), "proc:" + Quote(word), "x or " + Quote(word), "-" + Quote(word)} {
			q, err := Parse(box)
			if err != nil {
				t.Errorf("%s: %v", box, err)
				continue
			}
			checkRoundTrips(t, q)
			if !strings.Contains(q.String(), Quote(word)) {
				t.Errorf("%s is printed as %s", box, q)
			}
		}
	}
}

// TestDoubleNegation holds that what is turned round twice is what it was.
func TestDoubleNegation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModelExpr(t, 2)
		once, err := Parse(m.box)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Parse("not (not (" + m.box + "))")
		if err != nil || twice.Encode() != once.Encode() {
			t.Fatalf("%q twice is %q: %v", once, twice, err)
		}
	})
}

// TestNamesOfOthersLeadToAKey holds that what keys are called elsewhere is no key, belongs to one key, and is offered.
func TestNamesOfOthersLeadToAKey(t *testing.T) {
	owner := map[string]string{}
	for _, k := range keyTable {
		for _, name := range k.also {
			if findKey(name) != nil || owner[name] != "" || name != strings.ToLower(name) {
				t.Errorf("%q of %s is a key, or belongs to %q", name, k.Name, owner[name])
			}
			owner[name] = k.Name
			if meant := meantKey(strings.ToUpper(name)); meant != k.Name {
				t.Errorf("%q leads to %q, want %s", name, meant, k.Name)
			}
			if _, err := Parse(name + ":1"); err == nil || !strings.Contains(err.Error(), `did you mean "`+k.Name+`"`) {
				t.Errorf("%s:1: %v", name, err)
			}
		}
	}
}
