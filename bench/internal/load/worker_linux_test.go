package load

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWorkUntilInputEnds(t *testing.T) {
	in, orders := io.Pipe()
	lines, out := io.Pipe()
	finished := make(chan error)
	go func() {
		err := Work(context.Background(), in, out)
		out.Close()
		finished <- err
	}()
	if err := json.NewEncoder(orders).Encode(order{Process: 11, Spec: Spec{Listen: 1, Established: 4}}); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(lines)
	var first opened
	if !said.Scan() || json.Unmarshal(said.Bytes(), &first) != nil {
		t.Fatalf("first line %q", said.Text())
	}
	want := map[string]int{kernelListen: 1, kernelEstablished: 4}
	if diff := cmp.Diff(want, tcpSockets(t, first.Ports)); diff != "" {
		t.Errorf("sockets of the worker (-want +got):\n%s", diff)
	}
	orders.Close()
	if !said.Scan() || said.Text() != `{"churned":0}` {
		t.Errorf("last line %q", said.Text())
	}
	if err := <-finished; err != nil {
		t.Error(err)
	}
	if left := tcpSockets(t, first.Ports); len(left) != 0 {
		t.Errorf("left after the end: %v", left)
	}
}

func TestWorkRefusesWhatIsNoOrder(t *testing.T) {
	for _, in := range []string{"", "{}", "not JSON\n", `{"spec":{"listen":"one"}}` + "\n"} {
		var out strings.Builder
		if err := Work(context.Background(), strings.NewReader(in), &out); err == nil {
			t.Errorf("%q: no error", in)
		}
		if out.Len() > 0 {
			t.Errorf("%q: said %q", in, out.String())
		}
	}
}

func TestWorkRefusesMoreThanItsDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max > MaxSockets {
		t.Skipf("this process may have %d descriptors: no spec is too large for it", limit.Max)
	}
	line, err := json.Marshal(order{Spec: Spec{Listen: 10, Established: int(limit.Max)}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = Work(context.Background(), strings.NewReader(string(line)+"\n"), &out)
	if err == nil || !strings.Contains(err.Error(), "use more processes") || !strings.Contains(out.String(), "use more processes") {
		t.Errorf("error %v, said %q", err, out.String())
	}
}
