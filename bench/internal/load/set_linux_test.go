package load

import (
	"context"
	"net"
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
	// The last acknowledgement of a FIN may be on its way for a moment: FIN_WAIT_1 in place of FIN_WAIT_2.
	diff := cmp.Diff(want, tcpSockets(t, ports))
	for try := 0; diff != "" && try < 500; try++ {
		time.Sleep(10 * time.Millisecond)
		diff = cmp.Diff(want, tcpSockets(t, ports))
	}
	if diff != "" {
		t.Errorf("TCP sockets by state (-want +got):\n%s", diff)
	}
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
