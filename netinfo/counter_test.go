package netinfo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const snmp = `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 18446744
Tcp: MaxConn RetransSegs
Tcp: -1 7
`

func TestParseTable(t *testing.T) {
	got, err := parseTable([]byte(snmp))
	want := []Counter{{"Ip", "Forwarding", 1}, {"Ip", "DefaultTTL", 64}, {"Ip", "InReceives", 18446744}, {"Tcp", "MaxConn", -1}, {"Tcp", "RetransSegs", 7}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if v := Values(got)["Tcp.RetransSegs"]; v != 7 {
		t.Errorf("Tcp.RetransSegs is %d", v)
	}
}

func TestParseTableRefuses(t *testing.T) {
	for _, text := range []string{"Ip: A\n", "Ip: A B\nIp: 1\n", "Ip: A\nTcp: 1\n", "Ip A\nIp 1\n", "Ip: A\nIp: x\n", "Ip: A\nIp: 99999999999999999999\n"} {
		if got, err := parseTable([]byte(text)); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

func TestParseTable6(t *testing.T) {
	got, err := parseTable6([]byte("Ip6InReceives    \t3\nIcmp6OutMsgs 4\nUdpLite6InErrors 1\nUdp6InErrors 2\nOther 9\n"))
	want := []Counter{{"Ip6", "InReceives", 3}, {"Icmp6", "OutMsgs", 4}, {"UdpLite6", "InErrors", 1}, {"Udp6", "InErrors", 2}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"Ip6In\n", "Ip6In 1 2\n", "Ip6In x\n"} {
		if got, err := parseTable6([]byte(text)); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

// TestWordsAreOfCounters: every explanation is complete, and belongs to a counter that is spelled as the kernel does.
func TestWordsAreOfCounters(t *testing.T) {
	for key, w := range words {
		protocol, name, ok := strings.Cut(key, ".")
		if !ok || w.Title == "" || !strings.HasSuffix(w.Means, ".") {
			t.Errorf("%s: %+v", key, w)
		}
		if got, ok := Explain(Counter{protocol, name, 1}); !ok || got != w {
			t.Errorf("Explain(%s) = %v, %v", key, got, ok)
		}
	}
	if _, ok := Explain(Counter{"Tcp", "RtoMin", 200}); ok {
		t.Error("Tcp.RtoMin needs no words")
	}
}

// FuzzParseTable: what is read names each value once in the order of the text, and writing it again gives the same.
func FuzzParseTable(f *testing.F) {
	f.Add([]byte(snmp))
	f.Add([]byte("Ip: A\nIp: 1\n\nIp: A\nIp: -9\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseTable(b)
		if err != nil {
			return
		}
		again, err := parseTable([]byte(writeTable(list)))
		if err != nil || !cmp.Equal(again, list) {
			t.Errorf("%q: %v became %v, %v", b, list, again, err)
		}
	})
}

// writeTable writes counters as the kernel does, each in a pair of lines of its own.
func writeTable(list []Counter) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(c.Protocol + ": " + c.Name + "\n" + c.Protocol + ": " + itoa(c.Value) + "\n")
	}
	return b.String()
}

// FuzzParseTable6: nothing is read that does not stand in the text.
func FuzzParseTable6(f *testing.F) {
	f.Add([]byte("Ip6InReceives 3\nUdpLite6InErrors 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseTable6(b)
		if err != nil {
			return
		}
		for _, c := range list {
			if !strings.Contains(string(b), c.Protocol+c.Name) {
				t.Errorf("%q: read %v", b, c)
			}
		}
	})
}
