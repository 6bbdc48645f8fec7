package query

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/poller"
)

// mustParse reads a box that is known to be right.
func mustParse(t testing.TB, box string) Query {
	t.Helper()
	q, err := Parse(box)
	if err != nil {
		t.Fatalf("Parse(%q): %v", box, err)
	}
	return q
}

func TestZeroQuery(t *testing.T) {
	var q Query
	if !q.IsZero() || q.String() != "" || q.Encode() != "" || len(q.Terms()) != 0 || len(q.Order()) != 0 {
		t.Errorf("%+v", q)
	}
	if !q.Match(&poller.Connection{}) {
		t.Error("the zero Query does not match everything")
	}
	checkRoundTrips(t, q)
}

func TestTerms(t *testing.T) {
	want := []Term{
		{Key: "state", Values: []string{"LISTEN", "connected"}},
		{Key: "proc", Values: []string{"a b", "c"}, Not: true},
		{Values: []string{"nginx"}},
		{Values: []string{"port:80"}, Not: true},
		{Key: "port", Values: []string{"1..5"}},
	}
	q := mustParse(t, `state:listen,connected -proc:"a b",c nginx -"port:80" port:1..5`)
	if diff := cmp.Diff(want, q.Terms()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var texts []string
	for _, term := range q.Terms() {
		texts = append(texts, term.String())
	}
	wantTexts := []string{"state:LISTEN,connected", `-proc:"a b",c`, "nginx", `-"port:80"`, "port:1..5"}
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTermsBelongToTheCaller(t *testing.T) {
	q := mustParse(t, "port:80,443 nginx").SortBy("rx")
	q.Terms()[0].Values[0] = "1"
	q.Order()[0].Column = "tx"
	if q.Encode() != "port=80,443&q=nginx&sort=-rx" {
		t.Errorf("changed to %q", q.Encode())
	}
}

func TestWith(t *testing.T) {
	q := mustParse(t, "port:80").SortBy("rx")
	for box, want := range map[string]string{
		"":                      "port=80&sort=-rx",
		"nginx":                 "port=80&q=nginx&sort=-rx",
		"port:80":               "port=80&sort=-rx",
		"port:080 -port:80 -a":  "port=80&-port=80&q=-a&sort=-rx",
		"proc:" + Quote("a, b"): "port=80&proc=%22a,+b%22&sort=-rx",
	} {
		got, err := q.With(box)
		if err != nil || got.Encode() != want {
			t.Errorf("With(%q) is %q, %v, want %q", box, got.Encode(), err, want)
		}
	}
	if got, err := q.With("port:x"); err == nil || !got.IsZero() {
		t.Errorf("With gave %q, %v", got, err)
	}
	if q.Encode() != "port=80&sort=-rx" {
		t.Errorf("With changed its receiver to %q", q.Encode())
	}
}

func TestWithout(t *testing.T) {
	q := mustParse(t, "a b c").SortBy("rx")
	for i, want := range map[int]string{
		-1: "q=a&q=b&q=c&sort=-rx", 0: "q=b&q=c&sort=-rx", 1: "q=a&q=c&sort=-rx", 2: "q=a&q=b&sort=-rx", 3: "q=a&q=b&q=c&sort=-rx",
	} {
		if got := q.Without(i).Encode(); got != want {
			t.Errorf("Without(%d) is %q, want %q", i, got, want)
		}
	}
	if got := mustParse(t, "a").Without(0); !got.IsZero() {
		t.Errorf("without its only term it is %q", got)
	}
	if q.String() != "a b c" {
		t.Errorf("Without changed its receiver to %q", q)
	}
}

// TestWithWithout holds that what Without takes away, With gives back.
func TestWithWithout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t)
		for i, term := range q.Terms() {
			less := q.Without(i)
			checkRoundTrips(t, less)
			again, err := less.With(term.String())
			if err != nil || len(again.Terms()) != len(q.Terms()) {
				t.Fatalf("%q without and with %q is %q, %v", q, term, again, err)
			}
		}
	})
}

// benchConnection is a usual row.
func benchConnection() *poller.Connection {
	return &poller.Connection{
		Socket: poller.Socket{ID: 1, Protocol: poller.TCP, Family: poller.IPv6, State: poller.StateEstablished,
			Local: addrPort("[fe80::1%eth0]:443"), Remote: addrPort("192.168.17.35:50122")},
		Direction: poller.Inbound, User: "www-data", Owner: &poller.Process{PID: 81234, Name: "nginx: wörker"},
	}
}

// TestMatchAllocatesNothing covers one query of each kind of term, none of which matches before its end.
func TestMatchAllocatesNothing(t *testing.T) {
	c := benchConnection()
	for _, box := range benchQueries {
		q := mustParse(t, box)
		if n := testing.AllocsPerRun(20, func() { q.Match(c) }); n != 0 {
			t.Errorf("%q: %v allocations", box, n)
		}
	}
}

var benchQueries = []string{"state:established", "port:80,443", "ip:10.0.0.0/8", "ip:fe80::1%lo", "proc:WÖRK", "pid:1..9 user:root",
	"nothing", "-nothing", ":22", "10.0.0.5:22", "(a or b) -(c d)", "rx:>1M rtt:<1ms", "age:>5m is:stuck", "port:ssh svc:smtp", "state:established port:443 -proc:sshd dir:in"}

func BenchmarkMatch(b *testing.B) {
	c := benchConnection()
	for _, box := range benchQueries {
		q := mustParse(b, box)
		b.Run(box, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Match(c)
			}
		})
	}
}
