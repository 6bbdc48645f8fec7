package query

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parses are what people write, and how it is printed.
var parses = map[string]string{
	"":                                        "",
	" \t":                                     "",
	"state:established port:443":              "state:ESTABLISHED port:443",
	"STATE:Estab":                             "state:ESTABLISHED",
	"state:fin-wait-1,FIN_WAIT1,FIN_WAIT_2":   "state:FIN_WAIT_1,FIN_WAIT_2",
	"state:LISTENING":                         "state:LISTEN",
	"state:syn-recv,close":                    "state:SYN_RECEIVED,CLOSED",
	"state:SYN_RCVD state:unconn":             "state:SYN_RECEIVED state:NONE",
	"state:connected -state:synchronised":     "state:connected -state:synchronized",
	"state:time-wait,closed,lastack":          "state:TIME_WAIT,CLOSED,LAST_ACK",
	"proto:TCP,udp":                           "proto:tcp,udp",
	"fam:4 fam:inet6,v6":                      "fam:ipv4 fam:ipv6",
	"dir:in,OUT,listen,loopback,unknown":      "dir:inbound,outbound,listening,loopback,unknown",
	"port:80,443,80":                          "port:80,443",
	"port:0,65535,00080":                      "port:0,65535,80",
	"port:80, 443":                            "port:80,443",
	"lport:1024..2048 rport:5..5":             "lport:1024..2048 rport:5",
	"pid:1..2147483647":                       "pid:1..2147483647",
	"ip:10.1.2.3/8":                           "ip:10.0.0.0/8",
	"ip:10.1.2.3/32":                          "ip:10.1.2.3",
	"ip:::1":                                  "ip:::1",
	"lip:[::1] rip:::ffff:10.0.0.1":           "lip:::1 rip:10.0.0.1",
	"ip:::ffff:10.0.0.0/104":                  "ip:10.0.0.0/8",
	"ip:2001:DB8::/32":                        "ip:2001:db8::/32",
	"ip:fe80::1%eth0,fe80::/10":               "ip:fe80::1%eth0,fe80::/10",
	"proc:nginx -proc:chrome,Firefox":         "proc:nginx -proc:chrome,Firefox",
	`proc:"my server",x`:                      `proc:"my server",x`,
	`proc:"nginx"`:                            "proc:nginx",
	`proc:kworker/0:1`:                        "proc:kworker/0:1",
	`proc:-bash`:                              `proc:"-bash"`,
	`proc:"a,b" proc:"tab\there" proc:"\xff"`: `proc:"a,b" proc:"tab\there" proc:"\xff"`,
	`proc:"say \"hi\"" user:"DOM\\me"`:        `proc:"say \"hi\"" user:"DOM\\me"`,
	"user:www-data":                           "user:www-data",
	"nginx NGINX nginx":                       "nginx NGINX",
	"port:80 port:80 port:080":                "port:80",
	"-nginx":                                  "-nginx",
	`--x`:                                     `-"-x"`,
	`"or" "a b" -"port:80"`:                   `"or" "a b" -"port:80"`,
	"10.0.0.5:22 [::1]:80 :443 ::1":           "10.0.0.5:22 [::1]:80 :443 ::1",
	"fe80::1%eth0 fe80: dead:beef":            "fe80::1%eth0 fe80: dead:beef",
	"example.com:443":                         "example.com:443",
	"a,b":                                     `"a,b"`,
	"a or b":                                  "a or b",
	"a OR b c":                                "a or (b c)",
	"a b or c d":                              "(a b) or (c d)",
	"a (b or c)":                              "a (b or c)",
	"(a or b) c":                              "(a or b) c",
	"(a b) c":                                 "a b c",
	"((a))":                                   "a",
	"a and b && c":                            "a b c",
	"a || b or a":                             "a or b",
	"not a not -b !c":                         "-a b -c",
	"not not a ! ! b":                         "a b",
	"not (a or b)":                            "-(a or b)",
	"-(a b) !(a b)":                           "-(a b)",
	"-(-(a or b)) c":                          "(a or b) c",
	"not(a or b)":                             "-(a or b)",
	"(a or (b c)) or d":                       "a or (b c) or d",
	"a or -(b or c)":                          "a or -(b or c)",
	"port:80 or port:443":                     "port:80,443",
	"lport:443 or rport:443":                  "port:443",
	"lip:::1 or x or rip:::1 or ip:::2":       "ip:::1,::2 or x",
	"-port:80 or port:443":                    "-port:80 or port:443",
	`"(a" or ")"`:                             `"(a" or ")"`,
	`("a b")`:                                 `"a b"`,
	"( state:listen  or port:http )":          "state:LISTEN or port:http",
	"rx:>1M tx:1.5k..2KiB rq:<=1GiB":          "rx:>1M tx:1500..2KiB rq:<=1GiB",
	"rxrate:>100kB/s txrate:=0 rate:>=10":     "rxrate:>100k txrate:0 rate:>=10",
	"rtt:20 rtt:>0.5ms rtt:<1s,300us":         "rtt:20ms rtt:>500us rtt:<1s,300us",
	"age:>300 age:<90m,1d..2d retr:>1000":     "age:>5m age:<90m,1d..2d retr:>1k",
	"port:HTTPS,ssh port:>1023 pid:<=9":       "port:https,ssh port:>1023 pid:<=9",
	"ip:Example.com. lip:localhost rip:a_b.c": "ip:example.com lip:localhost rip:a_b.c",
	`proc:=nginx proc:"=my server" user:=`:    `proc:=nginx proc:"=my server" user:"="`,
	"if:eth0 svc:http":                        "if:eth0 svc:http",
	"is:NEW,listening -is:loopback":           "is:new,listening -is:loopback",
	"10.0.0.5:22 or ::1":                      "10.0.0.5:22 or ::1",
	"größe":                                   "größe",
	"a\u00a0b":                                "a b",
	`"` + "\u202e" + `"`:                      `"\u202e"`,
	"state:established  -proc:sshd nginx port:1..10": "state:ESTABLISHED -proc:sshd nginx port:1..10",
}

// TestParse: what people write is understood, and printed in one form.
func TestParse(t *testing.T) {
	for box, want := range parses {
		q, err := Parse(box)
		if err != nil {
			t.Errorf("Parse(%q): %v", box, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("Parse(%q) is %q, want %q", box, got, want)
		}
		checkRoundTrips(t, q)
	}
}

// TestParseRefuses has the whole sentences, because they are for people, and the places.
func TestParseRefuses(t *testing.T) {
	const keys = "state, proto, fam, ip, lip, rip, port, lport, rport, svc, pid, proc, user, dir, if, rx, tx, rate, rxrate, txrate, rq, sq, rtt, retr, age, is"
	const address = " must be an address such as 10.0.0.5 or fe80::1, a block such as 10.0.0.0/8 or the name of a host, not "
	const states = "LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, " +
		"TIME_WAIT, CLOSED, NONE, connected, synchronized"
	for box, want := range map[string]Error{
		"prot:tcp":          {`unknown key "prot": did you mean "proto"?`, 0, 4},
		"x -Prco:ssh":       {`unknown key "Prco": did you mean "proc"?`, 3, 4},
		"http://x":          {`unknown key "http": the keys are ` + keys + `; text with a colon in it is searched for in quotes`, 0, 4},
		"sort:rx":           {`"sort" is a parameter of the URL and not a key of the filter`, 0, 4},
		"port:99999":        {`port must be 0 to 65535, not 99999`, 5, 5},
		"x lport:80,a":      {`lport must be 0 to 65535, the name of a service such as https, a range such as 1024..2048 or a comparison such as >1023, not "a"`, 11, 1},
		"port:1..":          {`port must be 0 to 65535, the name of a service such as https, a range such as 1024..2048 or a comparison such as >1023, not "1.."`, 5, 3},
		"port:-1":           {`port must be 0 to 65535, the name of a service such as https, a range such as 1024..2048 or a comparison such as >1023, not "-1"`, 5, 2},
		"port:9..1":         {`the range "9..1" of port begins above its end`, 5, 4},
		"pid:2147483648":    {`pid must be 0 to 2147483647, not 2147483648`, 4, 10},
		"state:FOO":         {`unknown state "FOO": one of ` + states, 6, 3},
		"proto:sctp":        {`unknown protocol "sctp": one of tcp, udp`, 6, 4},
		"dir:up":            {`unknown direction "up": one of inbound, outbound, listening, loopback, unknown`, 4, 2},
		"fam:5":             {`unknown family "5": one of ipv4, ipv6`, 4, 1},
		"ip:10.0.0":         {"ip" + address + `"10.0.0"`, 3, 6},
		"rip:10.0.0.0/33":   {"rip" + address + `"10.0.0.0/33"`, 4, 11},
		"ip:fe80::%a/10":    {"ip" + address + `"fe80::%a/10"`, 3, 11},
		"port:":             {"port needs a value, for example port:80,443", 5, 0},
		"port:80,":          {"port needs a value, for example port:80,443", 8, 0},
		"port:,80":          {"port needs a value, for example port:80,443", 5, 0},
		`proc:""`:           {`proc needs a value, for example proc:"my server"`, 5, 2},
		`""`:                {"there is nothing between the quotes", 0, 2},
		"a -":               {"there is nothing behind the -, which leaves out what follows it", 2, 1},
		`a "b c`:            {`the quote that begins with "\"b c" is not closed`, 2, 4},
		`a"b"`:              {`a quote must stand around the whole text; inside a text write \"`, 1, 1},
		`"a"b`:              {"here must come a space, or a comma and another value", 3, 1},
		`"a\zb"`:            {`unknown escape in quotes: write \\ for a backslash, \" for a quote, \n, \t or \x1b`, 2, 2},
		`"a\`:               {`unknown escape in quotes: write \\ for a backslash, \" for a quote, \n, \t or \x1b`, 2, 1},
		"(a":                {"there is no ) for this (", 0, 1},
		"proc:(sd-pam)":     {"parentheses go around whole terms; put text that has them in quotes", 5, 1},
		"a(b)":              {"parentheses go around whole terms; put text that has them in quotes", 1, 1},
		"a)":                {"parentheses go around whole terms; put text that has them in quotes", 1, 1},
		"a )":               {"there is no ( for this )", 2, 1},
		"()":                {`a term is missing before ")"; put it in quotes to search for it`, 1, 1},
		"(a) b)":            {"parentheses go around whole terms; put text that has them in quotes", 5, 1},
		"(a)b":              {"here must come a space, or a comma and another value", 3, 1},
		"(a (b)":            {"there is no ) for this (", 0, 1},
		"a OR":              {"the filter ends where a term is missing", 4, 0},
		"a OR )":            {`there is no ( for this )`, 5, 1},
		"or b":              {`a term is missing before "or"; put it in quotes to search for it`, 0, 2},
		"a or and b":        {`a term is missing before "and"; put it in quotes to search for it`, 5, 3},
		"a && || b":         {`a term is missing before "||"; put it in quotes to search for it`, 5, 2},
		"not":               {"the filter ends where a term is missing", 3, 0},
		"-not":              {`"not" joins terms and cannot stand here; put it in quotes to search for it`, 0, 4},
		"!":                 {"the filter ends where a term is missing", 1, 0},
		"rx:>":              {`rx must be a number such as >1M, with or without one of the units T, TiB, G, GiB, M, MiB, k, KiB, not ""`, 3, 1},
		"rx:1x":             {`rx must be a number such as >1M, with or without one of the units T, TiB, G, GiB, M, MiB, k, KiB, not "1x"`, 3, 2},
		"rx:-1":             {`rx must be a number such as >1M, with or without one of the units T, TiB, G, GiB, M, MiB, k, KiB, not "-1"`, 3, 2},
		"rx:.5M":            {`rx must be a number such as >1M, with or without one of the units T, TiB, G, GiB, M, MiB, k, KiB, not ".5M"`, 3, 3},
		"rx:1.0001k":        {`"1.0001k" is finer than what is measured: rx`, 3, 7},
		"rx:9999999999T":    {`"9999999999T" is too large a number for rx`, 3, 11},
		"rx:2M..1M":         {`the range "2M..1M" of rx begins above its end`, 3, 6},
		"rtt:1d":            {`rtt must be a number such as >200ms, with or without one of the units s, ms, us, not "1d"`, 4, 2},
		"is:lisening":       {`unknown condition "lisening": did you mean "listening"?`, 3, 8},
		"is:up":             {`unknown condition "up": one of new, closed, listening, external, loopback, wildcard, stuck`, 3, 2},
		"address:1":         {`unknown key "address": did you mean "ip"?`, 0, 7},
		"sport:1":           {`unknown key "sport": did you mean "lport"?`, 0, 5},
		"\xff":              {"the filter is not valid UTF-8", 0, 0},
		"port:<b>x</b>":     {`port must be 0 to 65535, the name of a service such as https, a range such as 1024..2048 or a comparison such as >1023, not "<b>x</b>"`, 5, 8},
		"state:a\u202e\x00": {`unknown state "a\u202e\x00": one of ` + states, 6, 5},
	} {
		_, err := Parse(box)
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("Parse(%q): error %v", box, err)
			continue
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("Parse(%q) (-want +got)\n%s", box, diff)
		}
	}
}

//attack:j7
func TestParseRefusesTooMuch(t *testing.T) {
	for name, box := range map[string]string{
		"length":      strings.Repeat("x", MaxLength+1),
		"mebibyte":    strings.Repeat("port:1 ", 1<<20/7),
		"values":      "port:1" + manyPorts(maxValues+1),
		"words":       manyWords(maxValues + 1),
		"as a URL":    strings.Repeat("ü", MaxLength/2),
		"escaped":     `"` + strings.Repeat(`\x00`, MaxLength/4-1) + `"`,
		"groups":      strings.Repeat("(", maxDepth+1) + "a" + strings.Repeat(")", maxDepth+1),
		"deep":        strings.Repeat("(a b or c ", maxDepth) + "d" + strings.Repeat(")", maxDepth),
		"open":        strings.Repeat("(", MaxLength),
		"nots":        strings.Repeat("!", MaxLength),
		"unclosed":    `"` + strings.Repeat("a", MaxLength-1),
		"unknown key": strings.Repeat("k", MaxLength-2) + ":x",
	} {
		q, err := Parse(box)
		var fault *Error
		if !errors.As(err, &fault) || !q.IsZero() {
			t.Errorf("%s: %v, want an *Error and the zero Query", name, err)
			continue
		}
		if len(fault.Text) > 600 || fault.Offset < 0 || fault.Offset+fault.Length > len(box) {
			t.Errorf("%s: %+v", name, fault)
		}
	}
	if q, err := Parse("port:1" + manyPorts(maxValues)); err != nil || len(q.Terms()[0].Values) != maxValues {
		t.Errorf("%d values: %v", maxValues, err)
	}
}

// manyPorts returns further values, so that there are n in all.
func manyPorts(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		b.WriteString("," + strconv.Itoa(i+2))
	}
	return b.String()
}

// manyWords returns n words.
func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" w" + strconv.Itoa(i))
	}
	return b.String()
}

// TestShownIsCut looks at how foreign text is repeated.
func TestShownIsCut(t *testing.T) {
	for text, want := range map[string]string{
		"a\"b\n":                      `"a\"b\n"`,
		strings.Repeat("a", 64):       `"` + strings.Repeat("a", 64) + `"`,
		strings.Repeat("a", 65):       `"` + strings.Repeat("a", 64) + `"…`,
		"a" + strings.Repeat("€", 30): `"a` + strings.Repeat("€", 21) + `"…`,
	} {
		if got := shown(text); got != want {
			t.Errorf("shown(%q) = %s, want %s", text, got, want)
		}
	}
	if got, want := shownNumber(strings.Repeat("1", 65)), strings.Repeat("1", 64)+"…"; got != want {
		t.Errorf("shownNumber is %s, want %s", got, want)
	}
}
