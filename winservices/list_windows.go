package winservices

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tries is how often the list is asked for again because it has grown meanwhile.
const tries = 4

// List returns the services that run now. It needs no privilege.
func List() (Names, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT|windows.SC_MANAGER_ENUMERATE_SERVICE)
	if err != nil {
		return nil, fmt.Errorf("open the list of services: %w", err)
	}
	defer windows.CloseServiceHandle(manager)
	b := make([]byte, 64<<10)
	for range tries {
		var needed, n uint32
		err = windows.EnumServicesStatusEx(manager, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_ACTIVE,
			&b[0], uint32(len(b)), &needed, &n, nil, nil)
		if err == nil {
			names, err := parse(b, n, uint64(uintptr(unsafe.Pointer(&b[0]))))
			if err != nil {
				return nil, fmt.Errorf("read the list of services: %w", err)
			}
			return names, nil
		}
		if !errors.Is(err, windows.ERROR_MORE_DATA) {
			break
		}
		b = make([]byte, len(b)+int(needed)+4<<10)
	}
	return nil, fmt.Errorf("list services: %w", err)
}
