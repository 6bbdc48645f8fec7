package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unitFile is the unit of systemd.
const unitFile = "../packaging/sockeye.service"

// mostExposed is the greatest level of exposure that the unit may have, in tenths, as systemd-analyze takes it.
const mostExposed = "20"

// analyze runs systemd-analyze, and leaves the test out where there is none, or one that knows no unit outside of a running
// system.
func analyze(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	exe, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	b, err := exec.Command(exe, args...).CombinedOutput()
	if strings.Contains(string(b), "unrecognized option '--offline") {
		t.Skip("this systemd-analyze cannot judge a unit that is not loaded (systemd 250 can)")
	}
	return strings.TrimSpace(string(b)), err
}

// startsWith is the line of the unit that says what is started.
var startsWith = regexp.MustCompile(`(?m)^ExecStart=(\S+)`)

// unitWith writes a copy of the unit that starts the program that is tested, with change made in it.
func unitWith(t *testing.T, old, new string) string {
	t.Helper()
	unit, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(unit)
	if !startsWith.MatchString(text) || !strings.Contains(text, old) {
		t.Fatalf("the unit starts nothing, or has no %q", old)
	}
	text = startsWith.ReplaceAllLiteralString(strings.Replace(text, old, new, 1), "ExecStart="+publicBinary(t))
	path := filepath.Join(t.TempDir(), "sockeye.service")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUnitIsValid: systemd finds nothing wrong with the unit, and would say so.
func TestUnitIsValid(t *testing.T) {
	if out, err := analyze(t, "verify", "--man=no", unitWith(t, "", "")); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := analyze(t, "verify", "--man=no", unitWith(t, "ProtectSystem=strict", "ProtectSystm=strict")); !strings.Contains(out, "ProtectSystm") {
		t.Errorf("a line that means nothing is not found: %v: %s", err, out)
	}
}

// exposure is what systemd says of a unit, and what docs/privileges.md repeats of it.
var exposure = regexp.MustCompile(`Overall exposure level for sockeye\.service: (\d+\.\d+) (\w+)`)

// TestUnit: systemd's own judgement of the unit is 2.0 or better, and docs/privileges.md has it.
func TestUnit(t *testing.T) {
	out, err := analyze(t, "security", "--offline=true", "--threshold="+mostExposed, unitFile)
	got := exposure.FindString(out)
	if err != nil || got == "" {
		t.Fatalf("%v: %s", err, out[strings.LastIndexByte(out, '\n')+1:])
	}
	page, err := os.ReadFile("../docs/privileges.md")
	if err != nil {
		t.Fatal(err)
	}
	if said := exposure.FindString(string(page)); said != got {
		t.Errorf("docs/privileges.md says %q, systemd-analyze %q", said, got)
	}
	if out, err := analyze(t, "security", "--offline=true", "--threshold="+mostExposed, unitWith(t, "ProtectHome=yes", "")); err == nil {
		t.Errorf("a unit with a line less is as good: %s", exposure.FindString(out))
	}
}
