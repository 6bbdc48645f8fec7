package capability

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table into docs/platforms.md")

// Every cell that is not a plain yes has a reason, which is a sentence; keys are of their own.
func TestTable(t *testing.T) {
	keys := map[string]bool{}
	for _, f := range Facts() {
		if keys[f.Key] || f.Key == "" || f.Title == "" {
			t.Errorf("%+v", f)
		}
		keys[f.Key] = true
		for i, c := range f.Cells {
			sentence := strings.HasSuffix(c.Why, ".") && len(c.Why) > 20
			if c.Level == Yes && c.Why != "" || c.Level != Yes && !sentence || !slices.Contains([]Level{Yes, Partly, No}, c.Level) {
				t.Errorf("%s, %s: %+v", f.Key, platforms[i].Name, c)
			}
		}
		if found := Find(f.Key); found == nil || found.Title != f.Title {
			t.Errorf("%s is not found", f.Key)
		}
	}
	if Find("nothing") != nil {
		t.Error("there is a fact that is none")
	}
}

// Sources are found on their systems, and only there.
func TestHere(t *testing.T) {
	for _, tt := range []struct {
		source, system string
		want           int
	}{
		{"netlink", "linux", linuxNetlink}, {"gopsutil", "linux", linuxGopsutil}, {"iphlpapi", "windows", windowsIphlpapi},
		{"gopsutil", "windows", windowsGopsutil}, {"gopsutil", "darwin", bsdGopsutil}, {"gopsutil", "freebsd", bsdGopsutil},
		{"netlink", "windows", -1}, {"fake", "linux", -1},
	} {
		if got, ok := Here(tt.source, tt.system); got != tt.want || ok != (tt.want >= 0) {
			t.Errorf("%s on %s: %d, %v", tt.source, tt.system, got, ok)
		}
	}
	seen := map[string]bool{}
	for _, p := range Platforms() {
		if seen[p.ID()] || p.Name == "" || p.Means == "" {
			t.Errorf("%+v", p)
		}
		seen[p.ID()] = true
	}
}

// The marks between which docs/platforms.md has the table.
const (
	begin = "<!-- made by go test ./capability -update -->\n"
	end   = "<!-- end -->\n"
)

// The document has this table; -update puts it there.
func TestDocumentIsFresh(t *testing.T) {
	const file = "../docs/platforms.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	fresh := before + begin + "\n" + Markdown() + "\n" + end + after
	if *update {
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if fresh != string(text) {
		t.Errorf("%s has another table: go test ./capability -update", file)
	}
}
