package poller

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// underWine reports whether this Windows is Wine, which tells the process of a socket only where it has handed its
// descriptor to it, and no moment of creation.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// The tables have the sockets that this process opens, with its PID.
func TestIphlpapi(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	check(t, err)
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	s, err := openNative()
	check(t, err)
	defer s.Close()
	for range 2 { // with memory that is used again
		found, err := s.sockets(t.Context(), nil)
		check(t, err)
		listening, calling := 0, 0
		for _, f := range found {
			switch local := f.Local.String(); {
			case f.State == StateListen && local == l.Addr().String() && !f.Connected():
				listening++
				if f.PID != int32(os.Getpid()) && !underWine() {
					t.Errorf("the listener is of process %d", f.PID)
				}
			case f.State == StateEstablished && local == c.LocalAddr().String() && f.Remote.String() == l.Addr().String():
				calling++
				if f.PID != int32(os.Getpid()) {
					t.Errorf("the connection is of process %d", f.PID)
				}
				if age := time.Since(time.Unix(0, f.Created)); !underWine() && (age < 0 || age > time.Hour) {
					t.Errorf("the connection is %v old", age)
				}
			}
		}
		if listening != 1 || calling != 1 {
			t.Errorf("%d listeners and %d connections of ours among %d sockets", listening, calling, len(found))
		}
	}
}

// A process has its name, its start and its user; one that is not there is gone.
func TestTasks(t *testing.T) {
	tasks := newTasks()
	p, err := tasks.read(int32(os.Getpid()))
	check(t, err)
	self, err := os.Executable()
	check(t, err)
	if name, _, _ := strings.Cut(p.Name, " ("); !strings.EqualFold(name, filepath.Base(self)) {
		t.Errorf("the process is called %q, want %q", p.Name, filepath.Base(self))
	}
	if age := time.Since(time.UnixMilli(int64(p.Start))); age < 0 || age > time.Hour || p.User == "" || p.PID != int32(os.Getpid()) {
		t.Errorf("%+v, started %v ago", p, age)
	}
	if again, err := tasks.read(p.PID); err != nil || again != p {
		t.Errorf("read again: %+v, %v", again, err)
	}
	if _, err := tasks.read(0x7ffffffc); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a process that is not there: %v", err)
	}
}
