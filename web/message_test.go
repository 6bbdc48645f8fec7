package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"pgregory.net/rapid"
)

// maxReason is how long the reason of a close frame may be in bytes (RFC 6455 section 5.5).
const maxReason = 123

// FuzzParseMessage: whatever a client says is either a message that says the same when it is written again, or a
// violation that a close frame can carry.
func FuzzParseMessage(f *testing.F) {
	for _, test := range brokenMessages {
		f.Add([]byte(test.message))
	}
	f.Add([]byte(`{"t":"view","q":"state=ESTABLISHED&sort=-rxrate","offset":0,"limit":60}`))
	f.Add([]byte(" {\"t\":\"resync\"}\n"))
	f.Add([]byte(`{"t":"view","q":"\ud800","offset":-1,"limit":9007199254740993}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil {
			var v *violation
			if !errors.As(err, &v) || v.code != closePolicy || v.reason == "" || len(v.reason) > maxReason {
				t.Fatalf("%q: refused with %v", b, err)
			}
			return
		}
		if m.Type != "view" && m.Type != "resync" && m.Type != "facets" {
			t.Fatalf("%q: accepted with the kind %q", b, m.Type)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseMessage(text); err != nil || again != m {
			t.Fatalf("%q is %+v; written again as %s it is %+v, %v", b, m, text, again, err)
		}
		if _, sp, err := m.view(); err == nil && (sp.offset != m.Offset || sp.limit != m.Limit) {
			t.Fatalf("%q: window %+v", b, sp)
		}
	})
}

// TestParseMessage accepts what docs/protocol.md has for a client, and nothing else; brokenMessages has the rest.
func TestParseMessage(t *testing.T) {
	for text, want := range map[string]clientMessage{
		`{"t":"resync"}`: {Type: "resync"},
		`{"t":"view","q":"port=443","offset":7,"limit":9}`: {Type: "view", Query: "port=443", Offset: 7, Limit: 9},
		`{"t":"hold"}`: {Type: "hold"},
		`{"t":"view","q":"","offset":7,"limit":9,"anchor":"beef","above":3}`: {Type: "view", Offset: 7, Limit: 9, Anchor: "beef", Above: 3},
		`{"t":"facets","on":true}`: {Type: "facets", On: true}, `{"t":"facets"}`: {Type: "facets"},
	} {
		if got, err := parseMessage([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// TestSpanOf: a window is where the page says, within bounds.
func TestSpanOf(t *testing.T) {
	for _, test := range []struct {
		page string
		want span
		err  string
	}{
		{"", span{offset: 0, limit: 60}, ""},
		{"offset=&limit=", span{offset: 0, limit: 60}, ""},
		{"offset=120&limit=60", span{offset: 120, limit: 60}, ""},
		{"limit=1", span{offset: 0, limit: 1}, ""},
		{"limit=200", span{offset: 0, limit: 200}, ""},
		{"offset=10000000", span{offset: 10_000_000, limit: 60}, ""},
		{"offset=7&anchor=beef", span{offset: 7, limit: 60, anchor: 0xbeef}, ""},
		{"anchor=beef&above=199", span{limit: 60, anchor: 0xbeef, above: 199}, ""},
		{"above=7", span{limit: 60, above: 7}, ""},
		{"above=500", span{limit: 60}, "above must be a number"},
		{"anchor=beef&above=200", span{limit: 60, anchor: 0xbeef}, "above must be a number from 0 to 199"},
		{"anchor=nobody", span{limit: 60}, "anchor must be the id of a connection"},
		{"offset=10000001", span{}, "offset must be a number from 0 to 10000000"},
		{"offset=-1", span{}, "offset must be a number"},
		{"offset=one", span{}, `not "one"`},
		{"offset=1e3", span{}, "offset must be a number"},
		{"offset=99999999999999999999", span{}, "offset must be a number"},
		{"limit=0", span{}, "limit must be a number from 1 to 200"},
		{"limit=201", span{}, "limit must be a number from 1 to 200"},
		{"limit=" + strings.Repeat("9", 5000), span{}, "limit must be a number"},
	} {
		page, err := url.ParseQuery(test.page)
		if err != nil {
			t.Fatal(err)
		}
		got, err := spanOf(page)
		switch {
		case test.err == "" && (err != nil || got != test.want):
			t.Errorf("%s: %+v, %v", test.page, got, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err) || len(err.Error()) > 200):
			t.Errorf("%.40s: error %v", test.page, err)
		}
	}
}

// TestAllowance: no second has more than two bursts, and what was saved up is never more than one.
func TestAllowance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, now := rate.NewLimiter(messagesPerSecond, messagesPerSecond), time.Unix(0, 0)
		taken := []time.Time{}
		for range rapid.IntRange(1, 200).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 49, 50, 51, 1000, 90_000}).Draw(t, "pause")) * time.Millisecond)
			if !a.AllowN(now, 1) {
				continue
			}
			taken = append(taken, now)
			in := 0
			for _, at := range taken {
				if now.Sub(at) < time.Second {
					in++
				}
			}
			if in > 2*messagesPerSecond {
				t.Fatalf("%d messages within a second", in)
			}
		}
	})
	a, now := rate.NewLimiter(messagesPerSecond, messagesPerSecond), time.Unix(0, 0)
	for i := range 1000 {
		if !a.AllowN(now, 1) {
			t.Fatalf("message %d of an even 20 a second was refused", i)
		}
		now = now.Add(time.Second / messagesPerSecond)
	}
}

// TestGoodbye: only violations are told to the viewer.
func TestGoodbye(t *testing.T) {
	v := &violation{closeBinary, "Messages are text."}
	for _, test := range []struct {
		err    error
		code   int
		reason string
	}{
		{v, closeBinary, v.reason},
		{fmt.Errorf("read: %w", v), closeBinary, v.reason},
		{errors.New("read tcp 127.0.0.1: broken pipe"), closeNormal, ""},
		{nil, closeNormal, ""},
	} {
		if code, reason := goodbye(test.err); code != test.code || reason != test.reason {
			t.Errorf("%v: %d %q", test.err, code, reason)
		}
	}
	if text := v.Error(); text != "close 1003: Messages are text." {
		t.Error(text)
	}
}
