package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye/access"
	"sockeye/owner"
)

// places are two of them.
var places = []access.Place{{ID: "192.0.2.7", Note: "wlan0", Likely: true}, {ID: "198.51.100.7", Note: "eth0", Likely: true}}

// TestAskPlace: a number or the address itself; no answer is the list as an error, and an interrupt ends the question.
func TestAskPlace(t *testing.T) {
	for answer, want := range map[string]string{"2\n": "198.51.100.7", " 1 \r\n": "192.0.2.7", "3\n": "3", "192.0.2.9\n": "192.0.2.9"} {
		var out bytes.Buffer
		got, err := askPlace(t.Context(), places, console{in: strings.NewReader(answer), out: &out})
		if got != want || err != nil || !strings.Contains(out.String(), "1  192.0.2.7") || !strings.Contains(out.String(), "[1-2]") {
			t.Errorf("%q: %q, %v, asked %q", answer, got, err, out.String())
		}
	}
	var several *access.SeveralError
	for _, answer := range []string{"", "\n"} {
		if _, err := askPlace(t.Context(), places, console{in: strings.NewReader(answer), out: io.Discard}); !errors.As(err, &several) || !strings.Contains(err.Error(), "198.51.100.7") {
			t.Errorf("%q: %v", answer, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, say := io.Pipe()
	defer say.Close()
	if _, err := askPlace(ctx, places, console{in: silent, out: io.Discard}); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt: %v", err)
	}
}

// TestPrintInvitation: the link, a code to scan, and what has to be known.
func TestPrintInvitation(t *testing.T) {
	var out bytes.Buffer
	made := access.Invitation{
		URL:  "https://192.0.2.7:8080/#k=AAAA",
		Link: access.Link{Until: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)}, Fingerprint: "AB:CD", Note: "Not kept.",
	}
	if err := printInvitation(made, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{made.URL, "█▀▀▀▀▀█", "until 20:00 UTC", "10 people", "AB:CD", "Not kept.", "without command lines"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing of %q", want)
		}
	}
	if strings.Contains(out.String(), "plain HTTP") {
		t.Error("TLS is called plain")
	}
	out.Reset()
	if err := printInvitation(access.Invitation{URL: "http://x/#k=A", Plain: true}, &out); err != nil || !strings.Contains(out.String(), "plain HTTP") || strings.Contains(out.String(), "fingerprint") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// TestTrustFile: the secret of the file opens; a short one is refused.
func TestTrustFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	secret := strings.Repeat("s", access.MinSecret)
	keeper := access.NewKeeper()
	defer keeper.Close()
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := trustFile(keeper, file); err != nil {
		t.Fatal(err)
	}
	if s, _, err := keeper.Enter(secret, netip.Addr{}, ""); err != nil || s.Role != access.Owner {
		t.Errorf("%v, %v", s, err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := trustFile(keeper, file); err == nil || !strings.Contains(err.Error(), "22") {
		t.Error(err)
	}
}

// TestProgramKnowsItsOwner: who started it needs no secret; whoever speaks for another does, and the file's is one.
func TestProgramKnowsItsOwner(t *testing.T) {
	if !owner.IsKnown() {
		t.Skip("the system does not tell whose a connection is")
	}
	file := filepath.Join(t.TempDir(), "token")
	secret := strings.Repeat("s", access.MinSecret)
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	p := begin(t, "--token-file", file)
	defer p.end(t)
	for _, test := range []struct {
		header []string
		want   int
	}{
		{nil, 200}, {[]string{"X-Forwarded-For", "192.0.2.9"}, 401},
		{[]string{"X-Forwarded-For", "192.0.2.9", "Authorization", "Bearer " + secret}, 200},
		{[]string{"X-Forwarded-For", "192.0.2.9", "Authorization", "Bearer wrong"}, 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(test.header); i += 2 {
			r.Header.Set(test.header[i], test.header[i+1])
		}
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != test.want {
			t.Errorf("%v: %d, want %d", test.header, res.StatusCode, test.want)
		}
	}
}
