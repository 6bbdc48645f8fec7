package ports

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]Target{
		"443":         {443, "", ""},
		":443":        {443, "", ""},
		"443/udp":     {443, "udp", ""},
		":443/udp":    {443, "udp", ""},
		"443/TCP":     {443, "tcp", ""},
		"tcp/443":     {443, "tcp", ""},
		" 443 / udp ": {443, "udp", ""},
		"\t443\n":     {443, "", ""},
		"00443":       {443, "", ""},
		"1":           {1, "", ""},
		"65535":       {65535, "", ""},
		"https":       {443, "", "https"},
		"HTTPS/udp":   {443, "udp", "https"},
		"www":         {80, "", "www"},
		"rdp":         {3389, "", "rdp"},
		"syslog":      {514, "", "syslog"},
		"mongodb/udp": {27017, "udp", "mongodb"},
		"udp/domain":  {53, "udp", "domain"},
		// The name is the first of TCP and only known for UDP at another port.
		"vxlan/udp": {4789, "udp", "vxlan"},
	} {
		got, err := ParseTarget(text)
		if err != nil || got != want {
			t.Errorf("ParseTarget(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "a port is needed",
		"  ":                     "a port is needed",
		":":                      `no service is known as ":"`,
		"/udp":                   "a port is needed",
		"0":                      "a port must be 1 to 65535, not 0",
		"99999":                  "a port must be 1 to 65535, not 99999",
		"-1":                     `no service is known as "-1"`,
		"::443":                  `no service is known as "::443"`,
		"443/sctp":               `the protocol behind the / must be tcp or udp, not "sctp"`,
		"443/":                   `the protocol behind the / must be tcp or udp, not ""`,
		"443/tcp/udp":            `must be tcp or udp, not "tcp/udp"`,
		"https?":                 `no service is known as "https?"`,
		"<script>":               `no service is known as "<script>"`,
		"a\u202eb\x00":           `no service is known as "a\u202eb\x00"`,
		"４４３":                    `no service is known as "４４３"`,
		strings.Repeat("9", 100): "not " + strings.Repeat("9", 64) + "…",
	} {
		got, err := ParseTarget(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTarget(%q) = %+v, %v, want an error with %q", text, got, err, want)
		}
	}
}

func TestCutKeepsCharactersWhole(t *testing.T) {
	for n := range 5 {
		text := strings.Repeat("x", 60+n) + strings.Repeat("€", 10)
		if got := cut(text); !utf8.ValidString(got) || len(got) > shownBytes+len("…") {
			t.Errorf("cut(%q) = %q", text, got)
		}
	}
}

// FuzzParseTarget holds that what was read is a possible target, and that its text is read as the same target.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"443", ":443/udp", "tcp/443", "https", "RDP/tcp", "", "/", "99999", "sftp/udp", "x11", "ı"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		if err != nil {
			if len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\x00\u202e") {
				t.Fatalf("error %q", err)
			}
			return
		}
		if target.Port == 0 || target.Protocol != "" && !isProtocol(target.Protocol) {
			t.Fatalf("%q is read as %+v", text, target)
		}
		again, err := ParseTarget(target.String())
		if err != nil || again != target {
			t.Fatalf("%q is %+v, its text %q is %+v, %v", text, target, target.String(), again, err)
		}
	})
}
