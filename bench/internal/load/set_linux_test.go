package load

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOpenMakesEachState(t *testing.T) {
	spec := Spec{Listen: 5, Established: 12, CloseWait: 3, TimeWait: 4, UDP: 5}
	set, err := Open(spec, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	ports := set.Ports()
	want := map[string]int{
		kernelListen: 5, kernelEstablished: 12, kernelCloseWait: 3, kernelFinWait2: 3, kernelTimeWait: 4,
	}
	awaitSockets(t, want, ports)
	if diff := cmp.Diff(udpWant, udpSockets(t, set)); diff != "" {
		t.Errorf("UDP sockets by state (-want +got):\n%s", diff)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{kernelTimeWait: 4}, tcpSockets(t, ports)); diff != "" {
		t.Errorf("left after Close (-want +got):\n%s", diff)
	}
}

// awaitSockets waits until there are as many sockets of each state as wanted. The last acknowledgement of a FIN may be
// on its way for a moment: FIN_WAIT_1 in place of FIN_WAIT_2.
func awaitSockets(t *testing.T, want map[string]int, ports []int) {
	t.Helper()
	diff := cmp.Diff(want, tcpSockets(t, ports))
	for try := 0; diff != "" && try < 500; try++ {
		time.Sleep(10 * time.Millisecond)
		diff = cmp.Diff(want, tcpSockets(t, ports))
	}
	if diff != "" {
		t.Errorf("TCP sockets by state (-want +got):\n%s", diff)
	}
}

// udpWant is five UDP sockets: three bound (07, as a closed TCP socket), two connected (01).
var udpWant = map[string]int{"07": 3, "01": 2}

func udpSockets(t *testing.T, s *Set) map[string]int {
	t.Helper()
	var ports []int
	for _, c := range s.held {
		if c, ok := c.(*net.UDPConn); ok {
			ports = append(ports, c.LocalAddr().(*net.UDPAddr).Port)
		}
	}
	return kernelSockets(t, []string{"/proc/net/udp", "/proc/net/udp6"}, ports)
}

func TestChurnEndsInTimeWait(t *testing.T) {
	set, err := Open(Spec{Listen: 2, Churn: MaxChurn}, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for i := range 10 {
		if err := set.short(i); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{kernelListen: 2, kernelTimeWait: 10}
	if diff := cmp.Diff(want, tcpSockets(t, set.Ports())); diff != "" {
		t.Errorf("sockets after ten short connections (-want +got):\n%s", diff)
	}
}

// TestReplaceKeepsTheNumber: each turn gives two new sockets in place of two old ones, and leaves nothing behind.
func TestReplaceKeepsTheNumber(t *testing.T) {
	set, err := Open(Spec{Listen: 2, Established: 6, CloseWait: 1, Replace: 1}, 12)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	before := slices.Clone(set.held)
	for i := range 3 {
		if err := set.replace(i); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range set.held {
		if same := c == before[i]; same != (i >= 6) {
			t.Errorf("socket %d of %d is the same: %t", i, len(set.held), same)
		}
	}
	want := map[string]int{kernelListen: 2, kernelEstablished: 6, kernelCloseWait: 1, kernelFinWait2: 1}
	awaitSockets(t, want, set.Ports())
}

// TestChurnReplaces until all three connections of the set are other ones.
func TestChurnReplaces(t *testing.T) {
	set, err := Open(Spec{Listen: 1, Established: 6, Replace: 1000}, 13)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(set.held)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if made, err := set.Churn(ctx); made != 0 || err != nil {
		t.Errorf("%d short connections, %v", made, err)
	}
	if slices.Equal(before, set.held) {
		t.Error("nothing was replaced")
	}
	if err := set.Close(); err != nil {
		t.Error(err)
	}
}

func TestChurnStopsWithItsContext(t *testing.T) {
	for _, pace := range []int{0, 5000} {
		set, err := Open(Spec{Listen: 1, Churn: pace}, 9)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan int)
		go func() {
			made, err := set.Churn(ctx)
			if err != nil {
				t.Errorf("churn: %v", err)
			}
			result <- made
		}()
		for pace > 0 && tcpSockets(t, set.Ports())[kernelTimeWait] < 20 {
		}
		cancel()
		made := <-result
		if pace == 0 && made != 0 || pace > 0 && made < 20 {
			t.Errorf("pace %d: %d connections", pace, made)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSendAndEndCarriesTheMessage(t *testing.T) {
	set, err := Open(Spec{Listen: 1}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	client, server, err := set.pair(0)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := client.Write([]byte(churnMessage)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	n, err := server.Read(got)
	if err != nil || string(got[:n]) != churnMessage {
		t.Errorf("read %q, %v", got[:n], err)
	}
	if err := endAfter(client, server); err != nil {
		t.Error(err)
	}
}
