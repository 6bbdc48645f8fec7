//go:build !windows

package owner

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// TestUsers: the starter and root; behind sudo whoever called it, and nobody else's word for it.
func TestUsers(t *testing.T) {
	me := os.Geteuid()
	for _, test := range []struct {
		sudo string
		set  bool
		more []string
	}{{"", false, nil}, {"1000", true, []string{"1000"}}, {"0100", true, []string{"100"}}, {"x", true, nil}, {"-1", true, nil}, {"4294967296", true, nil}} {
		want := []string{"0", strconv.Itoa(me)}
		if me == 0 {
			want = append(want, test.more...)
		}
		if got := Users(func(name string) (string, bool) { return test.sudo, test.set && name == "SUDO_UID" }); !slices.Equal(got, want) {
			t.Errorf("SUDO_UID %q: %v, want %v", test.sudo, got, want)
		}
	}
}
