package diagnose

import (
	"fmt"
	"net/netip"
	"strings"

	"sockeye/netinfo"
)

// mender says what to do, in the commands of an operating system.
type mender struct{ goos string }

// choose returns the lines for the system, behind what can be said in words; other systems get the words alone.
func (m mender) choose(linux, darwin, windows, freebsd []string, words string) []string {
	var list []string
	switch m.goos {
	case "linux":
		list = linux
	case "darwin":
		list = darwin
	case "windows":
		list = windows
	case "freebsd":
		list = freebsd
	}
	if words == "" {
		return append([]string{}, list...)
	}
	return append([]string{words}, list...)
}

func (m mender) interfaces() []string {
	return m.choose([]string{"ip link", "lspci | grep -i net"}, []string{"networksetup -listallhardwareports"}, []string{"Get-NetAdapter"}, []string{"ifconfig -a", "pciconf -lv | grep -B3 network"}, "See whether the network card is there and its driver is loaded.")
}

func (m mender) switchOn(device string) []string {
	return m.choose([]string{"ip link set " + quoted(device) + " up"}, []string{"ifconfig " + quoted(device) + " up"}, []string{"Enable-NetAdapter -Name " + quoted(device)}, []string{"ifconfig " + quoted(device) + " up"}, "")
}

func (m mender) plugIn(device string) []string {
	return m.choose([]string{"ip link show " + quoted(device), "nmcli device wifi list"}, []string{"networksetup -listpreferredwirelessnetworks " + quoted(device)}, []string{"netsh wlan show networks"}, []string{"ifconfig " + quoted(device), "ifconfig wlan0 list scan"},
		"Plug the cable in at both ends, try another cable or socket, or join a Wi-Fi network.")
}

func (m mender) address(device string) []string {
	return m.choose([]string{"nmcli device reapply " + quoted(device), "networkctl renew " + quoted(device)}, []string{"ipconfig set " + quoted(device) + " DHCP"}, []string{"ipconfig /release", "ipconfig /renew"}, []string{"service dhclient restart " + quoted(device)},
		"See that the router gives out addresses (DHCP), then ask for one again; or set the right one by hand.")
}

func (m mender) defaultRoute(device string) []string {
	linux := []string{"ip route"}
	if device != "" {
		linux = append(linux, "ip route add default via ROUTER dev "+quoted(device))
	}
	return m.choose(linux, []string{"netstat -rn", "route add default ROUTER"}, []string{"route print", "route add 0.0.0.0 mask 0.0.0.0 ROUTER"}, []string{"netstat -rn", "route add default ROUTER"}, "Take the connection down and up again, so that the router's address is learned; or set it by hand, with its address for ROUTER.")
}

// command writes the options that name a route.
func command(r netinfo.Route, v6 bool) string {
	text := "ip route del default"
	if v6 {
		text = "ip -6 route del default"
	}
	if r.Gateway.IsValid() {
		text += " via " + r.Gateway.String()
	}
	return text + " dev " + quoted(r.Interface)
}

func (m mender) dropRoute(r netinfo.Route, v6 bool) []string {
	return m.choose([]string{command(r, v6)}, []string{"route delete default"}, []string{"route delete 0.0.0.0"}, []string{"route delete default"}, "Remove the default route that leads through the interface without a link.")
}

func (m mender) preferRoute(used, works netinfo.Route) []string {
	return m.choose([]string{command(used, used.Is6())}, []string{"route change default " + works.Gateway.String()}, []string{"route change 0.0.0.0 mask 0.0.0.0 " + works.Gateway.String()}, []string{"route change default " + works.Gateway.String()},
		"Remove the default route that leads nowhere, or give it the higher metric; if it is a VPN's, end the VPN.")
}

func (m mender) ports() []string {
	return m.choose([]string{"ss -tan | awk '{print $1}' | sort | uniq -c", "sysctl net.ipv4.ip_local_port_range", "sysctl -w net.ipv4.tcp_tw_reuse=1"}, []string{"sysctl net.inet.ip.portrange.first"}, []string{"netsh int ipv4 show dynamicport tcp"}, []string{"netstat -an -p tcp | grep -c TIME_WAIT", "sysctl net.inet.ip.portrange.first net.inet.ip.portrange.last"},
		"Have the program keep its connections open and use them again instead of opening one for each request.")
}

func (m mender) router(a netip.Addr) []string {
	return m.choose([]string{"ip neigh show " + a.String()}, []string{"arp -n " + a.String()}, []string{"arp -a " + a.String()}, []string{"arp -n " + a.String()}, "Switch the router off, wait ten seconds and switch it on; see that this machine is on the right network.")
}

func (m mender) firewall() []string {
	return m.choose([]string{"nft list ruleset", "iptables -S"}, []string{"pfctl -sr", "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps"}, []string{"Get-NetFirewallRule -Enabled True -Action Block"}, []string{"pfctl -sr", "ipfw list"}, "Look for the rule that blocks, in the firewall and in protection programs of this machine.")
}

func (m mender) line() []string {
	return []string{"Look at the lamps of the router or its status page: is the line up?", "Switch the router and the modem off and on again.", "Ask the provider whether there is an outage, from another line."}
}

func (m mender) resolver() []string {
	return m.choose([]string{"resolvectl dns", "cat /etc/resolv.conf"}, []string{"scutil --dns", "networksetup -setdnsservers Wi-Fi 9.9.9.9 1.1.1.1"}, []string{"ipconfig /flushdns", "netsh interface ip set dns name=\"Ethernet\" static 9.9.9.9"}, []string{"cat /etc/resolv.conf", "resolvconf -l"}, "Restart the router if it is the name server, or set another name server.")
}

func (m mender) oneResolver(at string) []string {
	return m.choose([]string{"grep -n nameserver /etc/resolv.conf", "resolvectl dns"}, []string{"scutil --dns"}, []string{"Get-DnsClientServerAddress"}, []string{"grep -n nameserver /etc/resolv.conf"}, "Take "+at+" out of the name servers, or put it last.")
}

func (m mender) hosts(name string) []string {
	return m.choose([]string{"grep -n " + quoted(name) + " /etc/hosts"}, []string{"grep -n " + quoted(name) + " /etc/hosts"}, []string{`findstr /n ` + quoted(name) + ` %SystemRoot%\System32\drivers\etc\hosts`}, []string{"grep -n " + quoted(name) + " /etc/hosts"}, "Remove the line from the hosts file.")
}

func (m mender) search() []string {
	return m.choose([]string{"grep -nE 'search|domain|ndots' /etc/resolv.conf"}, []string{"scutil --dns"}, []string{"Get-DnsClientGlobalSetting"}, []string{"grep -nE 'search|domain|ndots' /etc/resolv.conf"}, "Remove the search domain, lower ndots, or write the name with a dot at its end.")
}

func (m mender) mtu(device string, segment int) []string {
	size := segment + 40
	return m.choose([]string{fmt.Sprintf("ip link set dev %s mtu %d", quoted(device), size)}, []string{fmt.Sprintf("ifconfig %s mtu %d", quoted(device), size)}, []string{fmt.Sprintf("netsh interface ipv4 set subinterface %s mtu=%d store=persistent", quoted(device), size)}, []string{fmt.Sprintf("ifconfig %s mtu %d", quoted(device), size)},
		"On the router, allow ICMP \"fragmentation needed\" and limit the segment size (MSS clamping); until then, smaller packets on this machine help.")
}

func (m mender) clock() []string {
	return m.choose([]string{"timedatectl set-ntp true", "date"}, []string{"sudo sntp -sS time.apple.com"}, []string{"w32tm /resync"}, []string{"service ntpd onerestart", "date"}, "Set the clock.")
}

func (m mender) family(v6 bool) []string {
	if !v6 {
		return m.line()
	}
	return m.choose([]string{"ip -6 route", "ip -6 neigh"}, []string{"netstat -rn -f inet6"}, []string{"netsh interface ipv6 show route"}, []string{"netstat -rn -f inet6", "ndp -an"}, "Restart the router, and ask the provider about IPv6; a network without it is better than one where it is broken.")
}

func (m mender) local() []string {
	return m.choose([]string{"iw dev", "ip -s link"}, []string{"netstat -i"}, []string{"netsh wlan show interfaces"}, []string{"netstat -i", "ifconfig -v"}, "Go nearer to the Wi-Fi, change its channel, or try another cable.")
}

func (m mender) server() []string {
	return []string{"Tell who runs the server what is said here; from this machine there is nothing to mend."}
}

func (m mender) proxy(name string) []string {
	return m.choose([]string{"unset " + name, "grep -rn " + name + " /etc/environment ~/.profile ~/.bashrc"}, []string{"unset " + name}, []string{"setx " + name + " \"\""}, []string{"unset " + name, "grep -n " + name + " ~/.profile /etc/login.conf"}, "Remove the variable, or set it to the right proxy.")
}

// quoted writes a word for a command line, in quotes where it has anything but the characters of plain names.
func quoted(s string) string {
	plain := s != ""
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' || r == ':') {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
