package server

import (
	"net/netip"
	"strconv"
	"strings"
)

// authority is a Host header, or the part of an Origin after "://", taken apart. Exactly one of name and addr is set.
type authority struct {
	name string     // lower case; a final dot is kept
	addr netip.Addr // without zone; an IPv4 address mapped into IPv6 is plain IPv4
	port int        // 0: none given
}

// host returns the name, without a final dot, or the address.
func (a authority) host() string {
	if a.name != "" {
		return strings.TrimSuffix(a.name, ".")
	}
	return a.addr.String()
}

// parseAuthority reads host[:port] as RFC 3986 section 3.2 writes it, an IPv6 address in brackets. It is narrower
// than the RFC: no user, no zone, no percent signs, no empty port, and IPv4 only as four decimal numbers. Whatever
// else some resolver might take for an address ("127.1", "0x7f000001") is not a name here either.
func parseAuthority(s string) (authority, bool) {
	var a authority
	host, port, ok := cutPort(s)
	if !ok {
		return a, false
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return a, false
		}
		a.port = int(n)
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return a, false
		}
		a.addr = addr.Unmap()
		return a, true
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		a.addr = addr
		return a, true
	}
	a.name = lowerASCII(host)
	return a, isName(a.name)
}

// cutPort splits host:port, as net.SplitHostPort does, but the port may be left out together with its colon. A port
// that is announced by a colon must be there. The brackets of an IPv6 address stay with the host.
func cutPort(s string) (host, port string, ok bool) {
	end := 0
	if strings.HasPrefix(s, "[") {
		end = strings.IndexByte(s, ']') + 1
		if end == 0 {
			return "", "", false
		}
	} else {
		end = strings.IndexByte(s+":", ':')
	}
	host, rest := s[:end], s[end:]
	if rest == "" {
		return host, "", true
	}
	if rest[0] != ':' || len(rest) == 1 {
		return "", "", false
	}
	return host, rest[1:], true
}

// isName reports whether s is a host name in lower case: labels of letters, digits, "-" and "_", 253 bytes at the
// most, one final dot allowed, and the last label not a number.
func isName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return !isNumber(labels[len(labels)-1])
}

// isNumber reports whether a URL parser takes a host that ends in label for an IPv4 address: decimal, or hexadecimal
// after "0x" (WHATWG URL, "ends in a number checker").
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// isLocalhost reports whether a name in lower case is the one of RFC 6761 section 6.3. "localhost." is the same name,
// written in full; names below it are not ours.
func isLocalhost(name string) bool { return strings.TrimSuffix(name, ".") == "localhost" }

// lowerASCII folds A to Z and nothing else; other letters that fold to ASCII stay what they are, and are refused.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
