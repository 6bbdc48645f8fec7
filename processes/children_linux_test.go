package processes

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChildren: those that it started, and no others.
func TestChildren(t *testing.T) {
	p := tree(t, map[string]string{
		"1/stat": statOf("init", 0, 1), "9/stat": statOf("a) S 8 (b", 1, 900), "8/stat": statOf("shell", 1, 800), "77/stat": statOf("two", 9, 950),
		"12/stat": statOf("one", 9, 940), "13/stat": "rubbish", "self/stat": statOf("self", 9, 1), "uptime": "1",
	})
	got, err := p.children(context.Background(), 9)
	if diff := cmp.Diff([]Parent{{12, 940, "one"}, {77, 950, "two"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	c := sleeper(t)
	all, err := New().Children(context.Background(), int32(os.Getpid()))
	if err != nil || !slices.ContainsFunc(all, func(p Parent) bool { return int(p.PID) == c.Process.Pid && p.Name == "sleep" }) {
		t.Errorf("%v, %v", all, err)
	}
}

// TestStorage: bytes of storage are told of one's own processes, and of others' is said why not.
func TestStorage(t *testing.T) {
	p := tree(t, map[string]string{"9/stat": statOf("a", 1, 900), "9/io": "rchar: 5\nread_bytes: 4096\nwrite_bytes: 77\n"})
	d, err := p.read(context.Background(), 9)
	if err != nil || d.Read.Value != 4096 || d.Written.Value != 77 {
		t.Errorf("%+v %+v %v", d.Read, d.Written, err)
	}
	if n := stored("read_bytes:")([]byte("read_bytes: x")); n.Known() {
		t.Errorf("%+v", n)
	}
	if n := stored("read_bytes:")(nil); n.Known() {
		t.Errorf("%+v", n)
	}
	own, err := New().Read(context.Background(), int32(os.Getpid()), 0)
	if err != nil || !own.Read.Known() {
		t.Errorf("of this process: %+v, %v", own.Read, err)
	}
}
