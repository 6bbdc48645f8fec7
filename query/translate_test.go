package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTranslate has what people bring from other programs.
func TestTranslate(t *testing.T) {
	for box, want := range map[string]string{
		// ss
		"( dport = :443 or sport = :443 )":                     "port:443",
		"state established":                                    "state:ESTABLISHED",
		"state established '( dport = :443 or sport = :443 )'": "state:ESTABLISHED port:443",
		"state established state time-wait":                    "state:ESTABLISHED,TIME_WAIT",
		"exclude listening dst 10.0.0.0/8":                     "-state:LISTEN rip:10.0.0.0/8",
		"dst 10.0.0.5:443":                                     "rip:10.0.0.5 rport:443",
		"src 10.0.0.5":                                         "lip:10.0.0.5",
		"src :22":                                              "lport:22",
		"src [::1]:80 or dst [::1]:http":                       "(lip:::1 lport:80) or (rip:::1 rport:http)",
		"dst = example.com:https":                              "rip:example.com rport:https",
		"dport gt :1024 and not sport eq :22":                  "rport:>1024 -lport:22",
		"sport != :22":                                         "-lport:22",
		"not dst 10.0.0.5:443":                                 "-(rip:10.0.0.5 rport:443)",
		`ss -tn state established \( dport = :443 or sport = :443 \)`: "proto:tcp state:ESTABLISHED port:443",
		"ss -tulpn":                      "is:listening",
		"sudo ss -tlnp6 'sport = :8080'": "proto:tcp fam:ipv6 is:listening lport:8080",
		"ss -o state fin-wait-1 '( sport = :http or sport = :https )' dst 193.233.7.0/24": "state:FIN_WAIT_1 lport:http,https rip:193.233.7.0/24",
		"state all dport = :443": "rport:443",
		// Wireshark
		"tcp.port == 443":                            "proto:tcp port:443",
		"tcp.port==443":                              "proto:tcp port:443",
		"udp.port eq 53 || tcp.dstport != 22":        "(proto:udp port:53) or (proto:tcp -rport:22)",
		"ip.addr == 10.0.0.5 && !(tcp.port == 22)":   "ip:10.0.0.5 -(proto:tcp port:22)",
		"ip.src==192.168.0.0/16 and ip.dst==8.8.8.8": "lip:192.168.0.0/16 rip:8.8.8.8",
		"ipv6.addr == ::1":                           "ip:::1",
		"tcp && tcp.srcport >= 1024":                 "proto:tcp lport:>=1024",
		// tcpdump
		"tcp port 443 and host 10.0.0.5": "proto:tcp port:443 ip:10.0.0.5",
		"dst port 53":                    "rport:53",
		"src net 10.0.0.0/8":             "lip:10.0.0.0/8",
		"port https":                     "port:https",
		// netstat and its helpers
		"findstr ESTABLISHED":                               "state:ESTABLISHED",
		`netstat -ano | find ":443"`:                        "port:443",
		"netstat | findstr ESTABLISHED":                     "state:ESTABLISHED",
		"netstat -ano | findstr /i listening | findstr :80": "state:LISTEN port:80",
		`netstat -an | findstr "LISTENING ESTABLISHED"`:     "state:LISTEN,ESTABLISHED",
		`netstat -an | findstr /c:"my server"`:              `"my server"`,
		"netstat -tulpn | grep :8080":                       "is:listening port:8080",
		"netstat -an | grep -v TIME_WAIT | wc -l":           "-state:TIME_WAIT",
		`netstat -anp tcp | grep -E ":(80|443)"`:            "proto:tcp port:80,443",
		"netstat -anp tcp":                                  "proto:tcp",
		`netstat -an | grep ":80\|:443"`:                    "port:80,443",
		"netstat -ano | findstr 443":                        "port:443 or pid:443",
		"netstat -ano | findstr 812345":                     "pid:812345",
		"netstat -an | grep 10.0.0.5":                       "ip:10.0.0.5",
		"netstat -an | grep nginx":                          "nginx",
		`C:\Windows> netstat`:                               "",
		// lsof and PowerShell
		"lsof -i :443":                                           "port:443",
		"lsof -nP -iTCP:8080 -sTCP:LISTEN":                       "proto:tcp port:8080 state:LISTEN",
		"lsof -i tcp@10.0.0.5:22 -p 812":                         "proto:tcp ip:10.0.0.5 port:22 pid:812",
		"Get-NetTCPConnection -LocalPort 443 -State Established": "lport:443 state:ESTABLISHED",
		"Get-NetTCPConnection -OwningProcess 812 | sort":         "pid:812",
		// ours, nearly
		"port=443":                 "port:443",
		"port == 443 and pid>5":    "port:443 pid:>5",
		"process = nginx":          "proc:nginx",
		"rx > 1M":                  "rx:>1M",
		"prot:tcp":                 "proto:tcp",
		"sport:22 address:::1":     "lport:22 ip:::1",
		"(prot:tcp or stat:estab)": "proto:tcp or state:ESTABLISHED",
		"port:443 dport = :80":     "port:443 rport:80",
		// nothing to translate
		"": "", "nginx": "", "tcp": "", "port:443": "", ":443": "", "10.0.0.5:22": "", "state:established": "", "a or b": "",
		"state": "", "state nonsense": "", "dport =": "", "( dport = :443": "", "xyzzy:1": "", "port:99999": "", "prot:sctp": "", "netstat -an": "",
		"dst": "", "ss -tan dst": "", "not": "", "lsof x": "", "grep": "", "tcp.flags == 2": "", "state all": "", "port": "",
	} {
		q, ok := Translate(box)
		if got := q.String(); got != want || ok != (want != "") {
			t.Errorf("Translate(%q) is %q, %v, want %q", box, got, ok, want)
		}
	}
}

// TestTranslateLeavesOursAlone holds that nothing is offered for what is canonical already.
func TestTranslateLeavesOursAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t)
		if got, ok := Translate(q.String()); ok && strings.ContainsRune(q.String(), ':') && !strings.ContainsRune(q.String(), ' ') {
			t.Fatalf("%q is offered for %q", got, q)
		}
	})
}

// FuzzTranslate holds that what is offered can be printed and read again, and is not what was written.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{"( dport = :443 or sport = :443 )", "state established dst [::1]:80", "tcp.port == 443 && !(ip.addr == ::1)",
		`netstat -ano | find ":443"`, `ss -t '( sport = :1 )'`, "lsof -iTCP@h:1-2 -sTCP:LISTEN", "prot:tcp", `grep -v "a\|b"`,
		"Get-NetTCPConnection -State Listen", `findstr /c:"a b"`, "not not not src :1", "\\", "'", "lsof -i", "lsof -"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, box string) {
		q, ok := Translate(box)
		if !ok {
			return
		}
		checkRoundTrips(t, q)
		if same, err := Parse(box); q.IsZero() || err == nil && same.Encode() == q.Encode() {
			t.Fatalf("%q is offered for itself", box)
		}
	})
}
