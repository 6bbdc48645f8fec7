package capability

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"sockeye/poller"
)

// lacks is what Wine has not, though Windows has, each with the reason; nothing where this is Windows. The test holds
// that it is so: what Wine learns comes off this list.
func lacks(source poller.SourceKind) map[string]string {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() != nil {
		return nil
	}
	const noStatistics = "Wine has no GetPerTcpConnectionEStats"
	all := map[string]string{
		"services": "no service of Wine holds a socket",
		"setaside": "the netsh of Wine writes nothing",
	}
	if source == poller.SourceIphlpapi {
		for _, key := range []string{"bytes", "rates", "rtt", "retransmits"} {
			all[key] = noStatistics
		}
	}
	return all
}

// bind binds a socket to a port of loopback, 0 for a free one, and returns its port. It is closed with the test.
func bind(t *testing.T, kind int, port int, shared bool) uint16 {
	t.Helper()
	s, err := windows.Socket(windows.AF_INET, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = windows.Closesocket(s) })
	if shared {
		if err := windows.SetsockoptInt(s, windows.SOL_SOCKET, windows.SO_REUSEADDR, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := windows.Bind(s, &windows.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	var b windows.RawSockaddrAny
	n := int32(unsafe.Sizeof(b))
	if r, _, err := windows.NewLazySystemDLL("ws2_32.dll").NewProc("getsockname").Call(uintptr(s), uintptr(unsafe.Pointer(&b)), uintptr(unsafe.Pointer(&n))); r != 0 {
		t.Fatal(err)
	}
	address := (*[4]byte)(unsafe.Pointer(&b)) // the port stands behind the family
	return uint16(address[2])<<8 | uint16(address[3])
}

// udpSocket, twinSockets and boundSocket open one socket of UDP, two of UDP with the same end, and one of TCP that does
// not listen, and return the port.
func udpSocket(t *testing.T) uint16   { return bind(t, windows.SOCK_DGRAM, 0, false) }
func boundSocket(t *testing.T) uint16 { return bind(t, windows.SOCK_STREAM, 0, false) }
func twinSockets(t *testing.T) uint16 {
	port := bind(t, windows.SOCK_DGRAM, 0, true)
	return bind(t, windows.SOCK_DGRAM, int(port), true)
}
