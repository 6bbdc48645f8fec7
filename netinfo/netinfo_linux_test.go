package netinfo

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace runs f on a thread that has a network of its own; the thread is given up afterwards.
func inNamespace(t *testing.T, f func(ip func(args string))) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs the command ip (iproute2)")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("unshare: %v", err)
			return
		}
		f(func(args string) {
			if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
				t.Errorf("ip %s: %v %s", args, err, out)
			}
		})
	}()
	<-done
}

func TestReadings(t *testing.T) {
	inNamespace(t, func(ip func(string)) {
		ip("link add v0 type veth peer name v1")
		ip("addr add 10.1.2.3/24 dev v0")
		ip("addr add 2001:db8::3/64 dev v0 nodad")
		ip("link set v0 up")
		checkInterfaces(t, "no peer", No)
		ip("link set v1 up")
		checkInterfaces(t, "peer", Yes)
		ip("route add default via 10.1.2.1 metric 50")
		ip("route add blackhole 10.9.0.0/16")
		ip("route add default nexthop via 10.1.2.1 nexthop via 10.1.2.2")
		ip("neigh add 10.1.2.1 lladdr 00:00:00:00:00:07 dev v0")
		checkRoutes(t)
		n, err := Neighbours()
		if err != nil || len(n) != 1 || n[0].Address != netip.MustParseAddr("10.1.2.1") || n[0].State != Permanent || n[0].Interface != "v0" {
			t.Errorf("neighbours %+v, %v", n, err)
		}
	})
}

func checkInterfaces(t *testing.T, when string, carrier Truth) {
	list, err := Interfaces()
	if err != nil {
		t.Error(err)
		return
	}
	a := ByName(list, "v0")
	if a == nil || a.Kind != KindEthernet || !a.Up || a.Carrier != carrier || a.MTU != 1500 || a.Counters == nil || a.Usable() != (carrier == Yes) {
		t.Errorf("%s: %+v", when, a)
		return
	}
	if got := a.Global(false); len(got) != 1 || got[0] != netip.MustParseAddr("10.1.2.3") {
		t.Errorf("%s: addresses %+v", when, a.Addresses)
	}
	if lo := ByName(list, "lo"); lo == nil || lo.Kind != KindLoopback || lo.Up || lo.Carrier != Unknown {
		t.Errorf("%s: lo is %+v", when, lo)
	}
}

func checkRoutes(t *testing.T) {
	list, err := Routes()
	if err != nil {
		t.Error(err)
		return
	}
	d := Defaults(list, false)
	if len(d) != 3 || d[0].Metric != 0 || d[1].Gateway != netip.MustParseAddr("10.1.2.2") || d[2].Metric != 50 || d[2].Origin != "boot" || d[2].Table != 254 {
		t.Errorf("defaults %+v", d)
	}
	r, err := RouteTo(netip.MustParseAddr("10.1.2.77"))
	if err != nil || r.Interface != "v0" || r.Gateway.IsValid() || r.Source != netip.MustParseAddr("10.1.2.3") {
		t.Errorf("route to a neighbour %+v, %v", r, err)
	}
	if r, err = RouteTo(netip.MustParseAddr("192.0.2.1")); err != nil || !r.Gateway.IsValid() {
		t.Errorf("route beyond %+v, %v", r, err)
	}
	for _, to := range []string{"10.9.1.1", "2001:db8:ffff::1"} {
		if r, err = RouteTo(netip.MustParseAddr(to)); !errors.Is(err, ErrNoRoute) {
			t.Errorf("route to %s: %+v, %v", to, r, err)
		}
	}
}

// TestCountersOfThisKernel have what is explained, but for IPv6 where there is none.
func TestCountersOfThisKernel(t *testing.T) {
	list, err := CountersNow()
	if err != nil {
		t.Fatal(err)
	}
	v := Values(list)
	for key := range words {
		if _, ok := v[key]; !ok && !strings.Contains(key, "6.") {
			t.Errorf("%s is explained and not there", key)
		}
	}
}

func TestCountersIn(t *testing.T) {
	dir := t.TempDir()
	if _, err := countersIn(dir); err == nil {
		t.Error("an empty directory gave counters")
	}
	for _, name := range []string{"snmp", "netstat"} {
		if err := os.WriteFile(dir+"/"+name, []byte("X: A\nX: 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := countersIn(dir); err != nil || len(list) != 2 {
		t.Errorf("without IPv6: %v, %v", list, err)
	}
	if err := os.WriteFile(dir+"/snmp6", []byte("Ip6A x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := countersIn(dir); err == nil {
		t.Error("a damaged snmp6 gave counters")
	}
}
