package owner

import (
	"strings"

	"golang.org/x/sys/windows"
)

// tells reports whether this system tells whose the connections to an address are. Wine has no processes in its table of
// IPv6; a Wine that learns it comes off here.
func tells(address string) bool {
	wine := windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
	return !wine || !strings.HasPrefix(address, "[")
}
