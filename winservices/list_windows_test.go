package winservices

import "testing"

// The list of this system can be read, and every service in it has a name and a process.
func TestList(t *testing.T) {
	names, err := List()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Error("no service runs")
	}
	for pid, list := range names {
		for _, n := range list {
			if pid == 0 || n == "" {
				t.Errorf("process %d: %q", pid, list)
			}
		}
	}
}
