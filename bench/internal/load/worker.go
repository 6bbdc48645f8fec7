//go:build linux

package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
)

// order is what a Crew tells one of its workers, as a line of JSON on its standard input.
type order struct {
	Process int  `json:"process"`
	Spec    Spec `json:"spec"`
}

// opened is a worker's first line on standard output.
type opened struct {
	Ports []int  `json:"ports"`
	Error string `json:"error,omitempty"`
}

// done is a worker's last line on standard output.
type done struct {
	Churned int `json:"churned"`
}

// Work is the life of a worker process: it reads its order from in, opens the sockets, says so on out, and holds them
// until in ends or ctx does. The goroutine that waits for the end of in outlives a call that ctx ended.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	line, err := reader.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	say := json.NewEncoder(out)
	set, err := openWithin(o)
	if err != nil {
		return errors.Join(err, say.Encode(opened{Error: err.Error()}))
	}
	if err := say.Encode(opened{Ports: set.Ports()}); err != nil {
		return errors.Join(fmt.Errorf("report: %w", err), set.Close())
	}
	made, err := set.Churn(UntilEnd(ctx, reader))
	return errors.Join(err, set.Close(), say.Encode(done{Churned: made}))
}

// openWithin opens the sockets of o if this process may have so many descriptors. The Go runtime has already raised
// the soft limit to the hard one.
func openWithin(o order) (*Set, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil, fmt.Errorf("read the limit of descriptors: %w", err)
	}
	if need := o.Spec.descriptors(); need > limit.Max {
		return nil, fmt.Errorf("a process needs %d descriptors and may have %d: use more processes", need, limit.Max)
	}
	return Open(o.Spec, o.Process)
}

// UntilEnd returns a context that ends with ctx or when r has nothing more to read. Its goroutine ends with r.
func UntilEnd(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		// How r ends makes no difference: whoever held the other end is gone.
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx
}
