package actions

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// sleeper, in the environment, makes this test program one that does nothing for a while.
const sleeper = "SOCKEYE_TEST_SLEEPER"

// TestSleep is what the process does that the tests end.
func TestSleep(t *testing.T) {
	if os.Getenv(sleeper) != "" {
		time.Sleep(time.Minute)
	}
}

// A process is held on to, is the one that was named, and ends; then it is gone. One without a window cannot be asked.
func TestWindowsProcess(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^TestSleep$")
	child.Env = append(os.Environ(), sleeper+"=1")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	s := newSystem()
	h, err := s.pin(int32(child.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	f, err := h.facts()
	if err != nil || f.kernel || f.instance == 0 || !strings.HasSuffix(f.name, ".exe") {
		t.Fatalf("%+v, %v", f, err)
	}
	if age := time.Since(time.UnixMilli(int64(f.start))); age < 0 || age > time.Hour {
		t.Errorf("started %v ago", age)
	}
	if err := h.permitted(); err != nil {
		t.Errorf("not permitted: %v", err)
	}
	if err := h.signal(false); !errors.Is(err, errUnsupported) {
		t.Errorf("asked to end without a window: %v", err)
	}
	if h.ended(t.Context(), 0) {
		t.Error("it ended by itself")
	}
	if err := h.signal(true); err != nil {
		t.Fatal(err)
	}
	if !h.ended(t.Context(), 20*time.Second) || !errors.Is(h.permitted(), errGone) {
		t.Errorf("it has not ended: %v", h.permitted())
	}
}

// This program is of its own family, and numbers without a process are gone.
func TestWindowsFamily(t *testing.T) {
	s := newSystem()
	family, err := s.family()
	if err != nil || !family[int32(os.Getpid())] {
		t.Errorf("%v, %v", family, err)
	}
	if _, err := s.pin(0x7ffffffc); !errors.Is(err, errGone) {
		t.Errorf("a process that is not there: %v", err)
	}
}

// A connection is found by its ends, and known for this program's own; one that is not there is gone, and one of IPv6
// cannot be closed.
func TestWindowsConnection(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	ask := Connection{Cookie: 7, Local: netip.MustParseAddrPort(c.LocalAddr().String()), Remote: netip.MustParseAddrPort(l.Addr().String())}
	s := newSystem()
	found, err := s.socket(ask)
	if err != nil {
		t.Fatal(err)
	}
	want := ask
	want.State = "ESTABLISHED"
	if now := found.now(); now != want || !found.own() {
		t.Errorf("%+v, own %v", now, found.own())
	}
	ask.Remote = netip.MustParseAddrPort("127.0.0.1:1")
	if _, err := s.socket(ask); !errors.Is(err, errGone) {
		t.Errorf("a connection that is not there: %v", err)
	}
	ask.IPv6 = true
	if _, err := s.socket(ask); !errors.Is(err, errUnsupported) {
		t.Errorf("a connection of IPv6: %v", err)
	}
	err = found.destroy()
	t.Logf("SetTcpEntry: %v", err)
	wine := windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
	patience := 10 * time.Second
	if wine {
		patience = 0
	}
	if gone := found.ended(t.Context(), patience); err == nil && gone == wine { // SetTcpEntry of Wine 8 succeeds and does nothing
		t.Errorf("the connection is gone: %v; under Wine: %v", gone, wine)
	}
	if err != nil && !errors.Is(err, errUnsupported) && !errors.Is(err, errForbidden) {
		t.Error(err)
	}
}
