package ports

import "testing"

// The rules are read, or it is said that the usual ones are assumed. Every port can be bound without a privilege.
func TestReadRulesOfWindows(t *testing.T) {
	r := ReadRules()
	if r.Ephemeral.First == 0 || !r.MayPrivileged || r.PrivilegedBelow != 0 || r.Denied(80) {
		t.Errorf("%+v", r)
	}
	for _, err := range r.Problems {
		t.Logf("not known: %v", err)
	}
}
