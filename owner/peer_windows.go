package owner

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/windows"

	"sockeye/poller/iphlp"
)

// OfPeer returns the user of the process whose socket is the client's end of a TCP connection between two addresses of
// this machine. The table of sockets names the process by its PID, which another process may get; so the table is read
// again once the process is held on to, and has to say the same. Safe for use by several goroutines.
func OfPeer(client, server netip.AddrPort) (user string, err error) {
	pid, err := pidOf(client, server)
	if err != nil {
		return "", err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return "", fmt.Errorf("%w: OpenProcess: %w", ErrUnknown, err)
	}
	defer windows.CloseHandle(process)
	switch again, err := pidOf(client, server); {
	case err != nil:
		return "", err
	case again != pid:
		return "", fmt.Errorf("%w: the socket was handed on", ErrUnknown)
	}
	return userOf(process)
}

// pidOf returns the process that has the client's end.
func pidOf(client, server netip.AddrPort) (uint32, error) {
	table := iphlp.TCP4
	if client.Addr().Unmap().Is6() {
		table = iphlp.TCP6
	}
	b, _, err := iphlp.Fetch(table, iphlp.OwnerPID, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	rows, err := iphlp.Parse(nil, table, iphlp.OwnerPID, b)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return pidIn(rows, client, server)
}
