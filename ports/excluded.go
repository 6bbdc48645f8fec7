package ports

// Bars reports whether nobody gets the port, asked for or not, though no socket may hold it. protocol is "tcp" or "udp";
// "" is for a port that is barred for either.
func (r *Rules) Bars(protocol string, port uint16) bool {
	return protocol != "udp" && r.Excluded.Has(port) || protocol != "tcp" && r.ExcludedUDP.Has(port)
}

// ReserveCommand returns how an administrator of a system keeps a port from being handed out: on Linux a setting, on
// Windows a command; "" where there is no way.
func ReserveCommand(system string) string {
	switch system {
	case "linux":
		return "net.ipv4.ip_local_reserved_ports"
	case "windows":
		return "netsh int ipv4 add excludedportrange"
	}
	return ""
}
