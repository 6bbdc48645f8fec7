package views

import (
	"strings"
	"testing"
)

// TestRights: the footer says how many sockets are of others, in the words of the number, and nothing where none are.
func TestRights(t *testing.T) {
	for _, tt := range []struct {
		rights Rights
		want   string
	}{
		{Rights{Hidden: 37, Users: 4, Linux: true}, "37 sockets belong to 4 other users"},
		{Rights{Hidden: 1200, Users: 1, Linux: true}, "1,200 sockets belong to another user"},
		{Rights{Hidden: 1, Users: 1, Linux: true}, "1 socket belongs to another user"},
		{Rights{}, ""}, {Rights{Linux: true}, ""},
	} {
		page := render(t, rights(tt.rights))
		if tt.want == "" && page != "" || !strings.Contains(page, tt.want) {
			t.Errorf("%+v: %s", tt.rights, page)
		}
		if tt.want != "" && (!strings.Contains(page, "cap_sys_ptrace,cap_dac_read_search") || !strings.Contains(page, `popovertarget="rights"`)) {
			t.Errorf("%+v: no way is named: %s", tt.rights, page)
		}
	}
	if page := render(t, rights(Rights{Hidden: 2, Users: 2})); strings.Contains(page, "setcap") || !strings.Contains(page, "administrator") {
		t.Errorf("elsewhere: %s", page)
	}
}
