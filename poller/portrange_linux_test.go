package poller

import "testing"

// The file of the kernel has two numbers; anything else is an error.
func TestParsePorts(t *testing.T) {
	if r, err := parsePorts("1024\t65535\n"); err != nil || r != (portRange{1024, 65535}) {
		t.Errorf("%v, %v", r, err)
	}
	for _, text := range []string{"", "1024", "a\tb", "1024 65536", "-1 5"} {
		if r, err := parsePorts(text); err == nil {
			t.Errorf("%q was read as %v", text, r)
		}
	}
}
