package actions

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"sockeye/poller"
	"sockeye/poller/iphlp"
)

// windowsSystem acts by handles of processes and by SetTcpEntry.
type windowsSystem struct{}

// newSystem returns this machine.
func newSystem() system { return windowsSystem{} }

// CheckStart finds nothing wrong: no file has rights of its own here.
func CheckStart() error { return nil }

// closing implements system. SetTcpEntry knows IPv4 only, and is for administrators.
func (windowsSystem) closing() Ability {
	a := Ability{Possible: true}
	if !windows.GetCurrentProcessToken().IsElevated() {
		a.Missing, a.How = rightOf(Close), howToGet
	}
	return a
}

// ending implements system. Whether a right is missing depends on the process.
func (windowsSystem) ending() Ability { return Ability{Possible: true} }

// boot implements system. Windows has no boot id; a process is told apart by its moment of creation, which no other one
// with its PID has, before or after the machine was started again.
func (windowsSystem) boot() (string, error) { return "windows", nil }

// family implements system. A parent that has ended may stand for another process by now, which is left alone as well.
func (windowsSystem) family() (map[int32]bool, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("ancestors: %w", err)
	}
	defer windows.CloseHandle(snapshot)
	parents := map[int32]int32{}
	e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &e); err == nil; err = windows.Process32Next(snapshot, &e) {
		parents[int32(e.ProcessID)] = int32(e.ParentProcessID)
	}
	if !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return nil, fmt.Errorf("ancestors: %w", err)
	}
	all := map[int32]bool{}
	for pid := int32(os.Getpid()); pid > 0 && !all[pid]; pid = parents[pid] {
		all[pid] = true
	}
	return all, nil
}

// task is a process that is held by its handle: its PID is given to no other one before that is closed.
type task struct {
	handle windows.Handle
	pid    int32
	may    bool // it may be ended
}

// pin implements system.
func (windowsSystem) pin(pid int32) (held, error) {
	const look = windows.PROCESS_QUERY_LIMITED_INFORMATION | windows.SYNCHRONIZE
	may := true
	handle, err := windows.OpenProcess(look|windows.PROCESS_TERMINATE, false, uint32(pid))
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		may = false
		handle, err = windows.OpenProcess(look, false, uint32(pid))
	}
	switch {
	case errors.Is(err, windows.ERROR_INVALID_PARAMETER):
		return nil, fmt.Errorf("open the process: %w: %w", errGone, err)
	case err != nil:
		return nil, fmt.Errorf("open the process: %w", err)
	}
	return &task{handle, pid, may}, nil
}

// release implements held.
func (p *task) release() { _ = windows.CloseHandle(p.handle) } // nothing is written through it

// systemPID is that of the process that the kernel's threads are in.
const systemPID = 4

// facts implements held. The start is in milliseconds since 1970, as in the poller; the whole moment of creation is the
// instance.
func (p *task) facts() (facts, error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(p.handle, &created, &exited, &kernel, &user); err != nil {
		return facts{}, fmt.Errorf("times of the process: %w", err)
	}
	b := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(b))
	if err := windows.QueryFullProcessImageName(p.handle, 0, &b[0], &n); err != nil {
		return facts{}, fmt.Errorf("name of the process: %w", err)
	}
	return facts{
		start: uint64(created.Nanoseconds() / int64(time.Millisecond)), instance: uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime),
		name: filepath.Base(windows.UTF16ToString(b[:n])), kernel: p.pid == systemPID || p.critical(),
	}, nil
}

// critical reports whether Windows stops with the process. Where that is not told, it is taken for none.
func (p *task) critical() bool {
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("IsProcessCritical")
	if call.Find() != nil {
		return false
	}
	var critical int32
	r, _, _ := call.Call(uintptr(p.handle), uintptr(unsafe.Pointer(&critical)))
	return r != 0 && critical != 0
}

// over reports whether the process ends within a time.
func (p *task) over(within time.Duration) bool {
	event, err := windows.WaitForSingleObject(p.handle, uint32(within.Milliseconds()))
	return err == nil && event == windows.WAIT_OBJECT_0
}

// permitted implements held.
func (p *task) permitted() error {
	switch {
	case p.over(0):
		return errGone
	case !p.may:
		return errForbidden
	}
	return nil
}

// signal implements held. There are no signals: to ask a process to end is to close its windows, which one without any
// cannot be asked.
func (p *task) signal(kill bool) error {
	if !kill {
		return p.closeWindows()
	}
	err := windows.TerminateProcess(p.handle, 1)
	switch {
	case err != nil && p.over(0):
		return fmt.Errorf("end the process: %w: %w", errGone, err)
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("end the process: %w: %w", errForbidden, err)
	case err != nil:
		return fmt.Errorf("end the process: %w", err)
	}
	return nil
}

// wmClose is WM_CLOSE (winuser.h).
const wmClose = 0x10

// mostWindows is how many windows are looked at: one that closes meanwhile may have the walk begin anew.
const mostWindows = 100_000

// closeWindows asks every window of the process to close, as its cross does. They are walked through one by one, since
// what EnumWindows would call back is never freed by Go.
func (p *task) closeWindows() error {
	user32 := windows.NewLazySystemDLL("user32.dll")
	next, of, post := user32.NewProc("FindWindowExW"), user32.NewProc("GetWindowThreadProcessId"), user32.NewProc("PostMessageW")
	asked := 0
	window, _, _ := next.Call(0, 0, 0, 0)
	for n := 0; window != 0 && n < mostWindows; n++ {
		var pid uint32
		of.Call(window, uintptr(unsafe.Pointer(&pid)))
		if int32(pid) == p.pid {
			if r, _, _ := post.Call(window, wmClose, 0, 0); r != 0 {
				asked++
			}
		}
		window, _, _ = next.Call(0, window, 0, 0)
	}
	if asked == 0 {
		return fmt.Errorf("ask the process to end: it has no window that could be closed: %w", errUnsupported)
	}
	return nil
}

// ended implements held.
func (p *task) ended(ctx context.Context, d time.Duration) bool {
	for left := d; ; left -= step {
		if p.over(min(step, max(0, left))) {
			return true
		}
		if left <= 0 || ctx.Err() != nil {
			return false
		}
	}
}

// tableSocket is a connection as the table of TCP over IPv4 has it.
type tableSocket struct {
	row   iphlp.Row
	asked Connection
}

// socket implements system. Windows has no identity of connections beside their ends: the one that has them is it.
func (windowsSystem) socket(c Connection) (socket, error) {
	if c.IPv6 {
		return nil, fmt.Errorf("Windows closes connections of IPv4 only: %w", errUnsupported)
	}
	row, err := rowOf(c.Local, c.Remote)
	if err != nil {
		return nil, err
	}
	return &tableSocket{row, c}, nil
}

// rowOf finds the connection with both ends, errGone where there is none.
func rowOf(local, remote netip.AddrPort) (iphlp.Row, error) {
	b, _, err := iphlp.Fetch(iphlp.TCP4, iphlp.OwnerPID, nil)
	if err != nil {
		return iphlp.Row{}, fmt.Errorf("table of connections: %w", err)
	}
	rows, err := iphlp.Parse(nil, iphlp.TCP4, iphlp.OwnerPID, b)
	if err != nil {
		return iphlp.Row{}, err
	}
	for _, r := range rows {
		if r.State != iphlp.Listen && r.Local == local && r.Remote == remote {
			return r, nil
		}
	}
	return iphlp.Row{}, errGone
}

// now implements socket.
func (s *tableSocket) now() Connection {
	return Connection{Cookie: s.asked.Cookie, Local: s.row.Local, Remote: s.row.Remote, State: poller.WindowsState(s.row.State).String()}
}

// own implements socket.
func (s *tableSocket) own() bool { return s.row.PID == uint32(os.Getpid()) }

// errorNoElevation is what SetTcpEntry gives to who is no administrator (ERROR_MR_MID_NOT_FOUND).
const errorNoElevation = windows.Errno(317)

// destroy implements socket.
func (s *tableSocket) destroy() error {
	row := s.row
	row.State = iphlp.DeleteTCB
	key := row.Key(false)
	r, _, _ := windows.NewLazySystemDLL("iphlpapi.dll").NewProc("SetTcpEntry").Call(uintptr(unsafe.Pointer(&key[0])))
	switch errno := windows.Errno(r); errno {
	case 0:
		return nil
	case windows.ERROR_ACCESS_DENIED, errorNoElevation:
		return fmt.Errorf("SetTcpEntry: %w: %w", errForbidden, errno)
	case windows.ERROR_INVALID_PARAMETER, windows.ERROR_NOT_FOUND:
		return fmt.Errorf("SetTcpEntry: %w: %w", errGone, errno)
	case windows.ERROR_NOT_SUPPORTED, windows.ERROR_CALL_NOT_IMPLEMENTED:
		return fmt.Errorf("SetTcpEntry: %w: %w", errUnsupported, errno)
	default:
		return fmt.Errorf("SetTcpEntry: %w", errno)
	}
}

// ended implements socket.
func (s *tableSocket) ended(ctx context.Context, d time.Duration) bool {
	return await(ctx, d, func() bool {
		_, err := rowOf(s.row.Local, s.row.Remote)
		return errors.Is(err, errGone)
	})
}
