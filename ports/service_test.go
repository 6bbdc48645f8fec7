package ports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		port       uint16
		protocol   string
		name       string
		registered bool
	}{
		{443, "tcp", "https", true},
		{443, "udp", "https", true},
		{22, "tcp", "ssh", true},
		{514, "tcp", "shell", true},
		{514, "udp", "syslog", true},
		{8080, "tcp", "http-alt", true},
		{27017, "tcp", "mongodb", false},
		{51820, "udp", "wireguard", false},
	} {
		s, ok := Lookup(c.port, c.protocol)
		want := Service{Port: c.port, Protocol: c.protocol, Name: c.name, Description: s.Description, Registered: c.registered}
		if diff := cmp.Diff(want, s); !ok || diff != "" {
			t.Errorf("Lookup(%d, %s): ok %v, (-want +got)\n%s", c.port, c.protocol, ok, diff)
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	for _, at := range []endpoint{{0, "tcp"}, {51820, "tcp"}, {443, "sctp"}, {443, ""}, {65535, "udp"}} {
		if s, ok := Lookup(at.port, at.protocol); ok || s != (Service{}) {
			t.Errorf("Lookup(%d, %q) = %v, want nothing", at.port, at.protocol, s)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	Lookup(1, "tcp")
	if n := testing.AllocsPerRun(100, func() { Lookup(443, "tcp"); Lookup(6, "udp") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestLookupFindsAll looks every entry up by both ways.
func TestLookupFindsAll(t *testing.T) {
	for _, e := range names().entries {
		if s, ok := Lookup(e.Port, e.Protocol); !ok || s != e.Service {
			t.Errorf("Lookup(%d, %s) = %v", e.Port, e.Protocol, s)
		}
		for _, name := range append([]string{e.Name}, e.also...) {
			if !contains(ByName(name), e.Service) {
				t.Errorf("ByName(%q) has no %d/%s", name, e.Port, e.Protocol)
			}
		}
	}
}

func contains(services []Service, want Service) bool {
	for _, s := range services {
		if s == want {
			return true
		}
	}
	return false
}

// places returns where services are, in short.
func places(services []Service) []Target {
	var all []Target
	for _, s := range services {
		all = append(all, Target{Port: s.Port, Protocol: s.Protocol, Name: s.Name})
	}
	return all
}

func TestByName(t *testing.T) {
	for _, c := range []struct {
		name string
		want []Target
	}{
		{"https", []Target{{443, "tcp", "https"}, {443, "udp", "https"}}},
		{"HTTPS", []Target{{443, "tcp", "https"}, {443, "udp", "https"}}},
		{"rdp", []Target{{3389, "tcp", "ms-wbt-server"}, {3389, "udp", "ms-wbt-server"}}},
		{"sftp", []Target{{115, "tcp", "sftp"}, {115, "udp", "sftp"}, {22, "tcp", "ssh"}, {22, "udp", "ssh"}}},
		{"mongodb", []Target{{27017, "tcp", "mongodb"}}},
		{"http", []Target{{80, "tcp", "http"}, {80, "udp", "http"}}},
		{"htt", nil},
		{"", nil},
		{"-", nil},
	} {
		if diff := cmp.Diff(c.want, places(ByName(c.name))); diff != "" {
			t.Errorf("ByName(%q) (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		prefix string
		n      int
		want   []Target
	}{
		{"https", 1, []Target{{443, "tcp", "https"}}},
		{"http-a", 3, []Target{{8080, "tcp", "http-alt"}}},
		{" Postg", 5, []Target{{5432, "tcp", "postgresql"}}},
		{"2701", 9, []Target{{27015, "tcp", "steam-game"}, {27017, "tcp", "mongodb"}, {27018, "tcp", "mongodb-shard"},
			{27019, "tcp", "mongodb-config"}}},
		{"53", 2, []Target{{53, "tcp", "domain"}, {530, "tcp", "courier"}}},
		{"51", 1, []Target{{512, "tcp", "exec"}}},
		{"", 5, nil},
		{"https", 0, nil},
		{"https", -1, nil},
		{"nothing-like-it", 5, nil},
	} {
		if diff := cmp.Diff(c.want, places(Suggest(c.prefix, c.n))); diff != "" {
			t.Errorf("Suggest(%q, %d) (-want +got)\n%s", c.prefix, c.n, diff)
		}
	}
}

func TestClass(t *testing.T) {
	for port, want := range map[uint16]string{
		0: "system", 1023: "system", 1024: "user", 49151: "user", 49152: "dynamic", 65535: "dynamic",
	} {
		if got := Class(port); got != want {
			t.Errorf("Class(%d) = %s, want %s", port, got, want)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		Lookup(uint16(i), "tcp")
	}
}
