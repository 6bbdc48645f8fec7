package query

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFromURL has what stands in URLs, and its canonical form.
func TestFromURL(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                     "",
		"&&":                                   "",
		"state=ESTABLISHED&port=443":           "state=ESTABLISHED&port=443",
		"port=443&state=established":           "port=443&state=ESTABLISHED",
		"STATE=estab":                          "state=ESTABLISHED",
		"-proc=chrome&port=80%2C443":           "-proc=chrome&port=80,443",
		"port=80&port=443":                     "port=80&port=443",
		"port=80,+443+":                        "port=80,443",
		"port=&state=&q=&sort=&offset=&proc=+": "",
		"state":                                "",
		"q=state:established+nginx":            "state=ESTABLISHED&q=nginx",
		"q=a&port=80&q=b+c":                    "q=a&port=80&q=b&q=c",
		"q=%22a+b%22":                          "q=%22a+b%22",
		"q=-x":                                 "q=-x",
		"q=a+or+b":                             "q=a+or+b",
		"q=(a+or+b)&port=1&q=c":                "q=a+or+b&port=1&q=c",
		"q=-(a+or+b)":                          "q=-%28a+or+b%29",
		"q=port:80+or+a+b":                     "q=port:80+or+%28a+b%29",
		"q=port:80+or+port:81":                 "port=80,81",
		"rx=>1M&-age=%3C5m":                    "rx=%3E1M&-age=%3C5m",
		"is=new&if=eth0&ip=example.com":        "is=new&if=eth0&ip=example.com",
		"port=https":                           "port=https",
		"q=-port:80":                           "-port=80",
		"q=:443":                               "q=:443",
		"q=port%3D443":                         "q=%22port%3D443%22",
		"proc=my+server":                       "proc=%22my+server%22",
		"proc=my+server,%22a,b%22,x":           "proc=%22my+server%22,%22a,b%22,x",
		"proc=(sd-pam)":                        "proc=%22%28sd-pam%29%22",
		"proc=gr%C3%B6%C3%9Fe":                 "proc=gr%C3%B6%C3%9Fe",
		"proc=größe":                           "proc=gr%C3%B6%C3%9Fe",
		"proc=a%26b%3Dc%23d%2Be":               "proc=%22a%26b%3Dc%23d%2Be%22",
		"ip=10.0.0.5/8,%5B::1%5D":              "ip=10.0.0.0/8,::1",
		"ip=fe80::1%25eth0":                    "ip=fe80::1%25eth0",
		"sort=-rxrate,proc":                    "sort=-rxrate,proc",
		"sort=rx&sort=-tx,-rx":                 "sort=rx,-tx",
		"sort=-receive_rate,+local_address":    "sort=-rxrate,local",
		"sort=rx&port=1":                       "port=1&sort=rx",
	} {
		q, page, err := FromURL(raw)
		if err != nil {
			t.Errorf("FromURL(%q): %v", raw, err)
			continue
		}
		if got := q.Encode(); got != want || page == nil || len(page) != 0 {
			t.Errorf("FromURL(%q) is %q, want %q; page %v", raw, got, want, page)
		}
		checkRoundTrips(t, q)
	}
}

func TestFromURLPage(t *testing.T) {
	q, page, err := FromURL("offset=200&port=1&limit=60&offset=x")
	if err != nil || q.Encode() != "port=1" {
		t.Fatalf("%q, %v", q.Encode(), err)
	}
	if diff := cmp.Diff(url.Values{"offset": {"200", "x"}, "limit": {"60"}}, page); diff != "" {
		t.Errorf("page (-want +got)\n%s", diff)
	}
}

func TestFromURLRefuses(t *testing.T) {
	const all = "state, proto, fam, ip, lip, rip, port, lport, rport, svc, pid, proc, user, dir, if, rx, tx, rate, rxrate, txrate, rq, sq, rtt, retr, age, is, q, sort, group, open, pair, names, cols, n, sel, offset, limit, anchor, above, from, to"
	const columns = "proto, state, local, remote, proc, pid, user, age, rx, tx, rxrate, txrate, rq, sq, rtt, retr, dir, fam, port, rport, uid, opened, seen, id, peer, drops, spark"
	for raw, want := range map[string]Error{
		"a=b":             {`unknown parameter "a": one of ` + all, 0, 3},
		"port=1&stat=x":   {`unknown parameter "stat": did you mean "state"?`, 7, 6},
		"prot=":           {`unknown parameter "prot": did you mean "proto"?`, 0, 5},
		"-q=x":            {`unknown parameter "-q": did you mean "q"?`, 0, 4},
		"ofset=1":         {`unknown parameter "ofset": did you mean "offset"?`, 0, 7},
		"&port=99999":     {"port must be 0 to 65535, not 99999", 1, 10},
		"q=x&q=prot:tcp":  {`unknown key "prot": did you mean "proto"?`, 4, 10},
		"q=limit:5":       {`"limit" is a parameter of the URL and not a key of the filter`, 0, 9},
		"port=1;state=x":  {"a ; in a URL must be written as %3B, and parameters are parted by &", 0, 14},
		"port=%zz":        {`bad % escape in the URL at "%zz"`, 0, 8},
		"%2=x":            {`bad % escape in the URL at "%2"`, 0, 4},
		"proc=%ff":        {"the filter is not valid UTF-8", 0, 8},
		"sort=rx,foo":     {`unknown column "foo" to sort by: one of ` + columns, 0, 11},
		"sort=rxrat":      {`unknown column "rxrat" to sort by: did you mean "rxrate"?`, 0, 10},
		"sort=rx,":        {`unknown column "" to sort by: one of ` + columns, 0, 8},
		"port=80,":        {"port needs a value, for example port:80,443", 0, 8},
		"proc=%22a%22b":   {"here must come a space, or a comma and another value", 0, 13},
		"proc=a%22b":      {`a quote must stand around the whole text; inside a text write \"`, 0, 10},
		"?state=x":        {`unknown parameter "?state": did you mean "state"?`, 0, 8},
		"%3Cscript%3E=1":  {`unknown parameter "<script>": one of ` + all, 0, 14},
		"state=%00%E2%80": {"the filter is not valid UTF-8", 0, 15},
	} {
		q, page, err := FromURL(raw)
		fault, ok := err.(*Error)
		if !ok || !q.IsZero() || page == nil {
			t.Errorf("FromURL(%q): %v, %v", raw, page, err)
			continue
		}
		if diff := cmp.Diff(want, *fault); diff != "" {
			t.Errorf("FromURL(%q) (-want +got)\n%s", raw, diff)
		}
	}
}

//attack:j7
func TestFromURLRefusesTooMuch(t *testing.T) {
	for _, raw := range []string{
		strings.Repeat("port=1&", 1<<20/7), strings.Repeat("%", 1<<20), "q=" + strings.Repeat("x", maxFilter),
		"q=" + strings.ReplaceAll(manyWords(maxValues+1), " ", "+"),
	} {
		if q, _, err := FromURL(raw); err == nil || !q.IsZero() || len(err.Error()) > 200 {
			t.Errorf("FromURL of %d bytes: %v", len(raw), err)
		}
	}
}

// TestWordsAreTheSameInBothForms reads one filter as box and as the value of q.
func TestWordsAreTheSameInBothForms(t *testing.T) {
	const box = `state:estab -proc:"a b" nginx -":x" port:1..5,7`
	parsed, err := Parse(box)
	if err != nil {
		t.Fatal(err)
	}
	read, _, err := FromURL(url.Values{"q": {box}}.Encode())
	if err != nil || read.Encode() != parsed.Encode() {
		t.Errorf("%q in q is %q, in the box %q: %v", box, read.Encode(), parsed.Encode(), err)
	}
	if parsed.String() == "" || !strings.Contains(parsed.Encode(), "-proc=%22a+b%22") {
		t.Errorf("encoded as %q", parsed.Encode())
	}
}
