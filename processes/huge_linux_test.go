package processes

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

// TestHugeCommandLine: of a command line of megabytes no more is read than of any other file.
//
//attack:r8 1.5 MB of arguments: 64 KiB are read, and only of the process that somebody looks at
func TestHugeCommandLine(t *testing.T) {
	args := []string{"-c", "read line"}
	for range 15 {
		args = append(args, strings.Repeat("\x1b]0;x\x07", 100<<10/6))
	}
	c := exec.Command("sh", args...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait() // it says that there was no line
	})
	d, err := New().Read(context.Background(), int32(c.Process.Pid), 0)
	for range 1000 { // for an instant after its start it has no arguments yet
		if err != nil || len(d.Args.Value) > 0 {
			break
		}
		d, err = New().Read(context.Background(), int32(c.Process.Pid), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	length := 0
	for _, a := range d.Args.Value {
		length += len(a) + 1
	}
	if length < maxFile/2 || length > maxFile+1 {
		t.Errorf("%d bytes of arguments were read", length)
	}
}
