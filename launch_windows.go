package main

import (
	"context"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// byDoubleClick reports whether this program is alone in its console: Explorer makes one for what is double-clicked, and
// a shell would be in it as well (GetConsoleProcessList).
func byDoubleClick() bool {
	var pids [2]uint32
	n, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList").Call(uintptr(unsafe.Pointer(&pids[0])), uintptr(len(pids)))
	return n == 1
}

// openBrowser has Windows open the address as it opens links.
func openBrowser(_ context.Context, url string) error {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return err
	}
	file, err := windows.UTF16PtrFromString(url)
	if err != nil {
		return err
	}
	if err := windows.ShellExecute(0, verb, file, nil, nil, windows.SW_SHOWNORMAL); err != nil {
		return fmt.Errorf("open %s: %w", url, err)
	}
	return nil
}
