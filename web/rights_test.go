package web

import "testing"

// TestMayLook: both capabilities are needed, and what cannot be read gives none.
func TestMayLook(t *testing.T) {
	for status, want := range map[string]bool{
		"Name:\tx\nCapPrm:\t0000000000080004\nCapEff:\t0000000000080004\nCapBnd:\t0\n": true,
		"Name:\tx\nCapEff:\t000001ffffffffff\n":                                        true,
		"Name:\tx\nCapPrm:\t0000000000080004\nCapEff:\t0000000000080000\n":             false,
		"Name:\tx\nCapEff:\t0000000000000004\n":                                        false,
		"Name:\tx\nCapEff:\t0000000000000000\n":                                        false,
		"Name:\tx\nCapEff:\tnone\n":                                                    false, "": false,
	} {
		if got := mayLook(status); got != want {
			t.Errorf("%q: %v", status, got)
		}
	}
}
