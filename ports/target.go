package ports

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shownBytes is how much of what somebody wrote is repeated in a message, in bytes.
const shownBytes = 64

// Target is a port that somebody asks about.
type Target struct {
	// Port is 1 to 65535.
	Port uint16
	// Protocol is "tcp" or "udp", "" for both.
	Protocol string
	// Name is the service name it was asked by, in lower case; "" where it was asked by number.
	Name string
}

// String returns the target as [ParseTarget] reads it back: "443", "443/udp", "https".
func (t Target) String() string {
	text := t.Name
	if text == "" {
		text = strconv.Itoa(int(t.Port))
	}
	if t.Protocol != "" {
		text += "/" + t.Protocol
	}
	return text
}

// ParseTarget reads what somebody asks by: a port number, with or without a colon before it, or the name of a service;
// behind a slash, or before one, may stand tcp or udp. Case and outer spaces are of no account. Where a name has
// several ports, it is the first of [ByName], one of that protocol if there is any. The error is one sentence for the
// user.
func ParseTarget(text string) (Target, error) {
	what, protocol, err := cutProtocol(strings.TrimSpace(text))
	if err != nil {
		return Target{}, err
	}
	digits := strings.TrimPrefix(what, ":")
	if isDigits(digits) {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 {
			return Target{}, fmt.Errorf("a port must be 1 to 65535, not %s", cut(digits))
		}
		return Target{Port: uint16(n), Protocol: protocol}, nil
	}
	return named(what, protocol)
}

// cutProtocol parts the port or name from the protocol, which may stand on either side of a slash. Without a slash the
// protocol is "", which means both.
func cutProtocol(text string) (what, protocol string, err error) {
	before, after, ok := strings.Cut(text, "/")
	if !ok {
		return text, "", nil
	}
	before, after = strings.TrimSpace(before), strings.TrimSpace(after)
	if p := strings.ToLower(after); isProtocol(p) {
		return before, p, nil
	}
	if p := strings.ToLower(before); isProtocol(p) {
		return after, p, nil
	}
	return "", "", fmt.Errorf("the protocol behind the / must be tcp or udp, not %q", cut(after))
}

// named finds the port of a service name. The protocol that was asked for stays, even where the service is known for
// another one only: the question is who uses the port.
func named(name, protocol string) (Target, error) {
	services := ByName(name)
	if len(services) == 0 {
		if name == "" {
			return Target{}, fmt.Errorf("a port is needed: a number from 1 to 65535 such as 443, or a name such as https")
		}
		return Target{}, fmt.Errorf("no service is known as %q: a number from 1 to 65535 such as 443 or 443/udp is "+
			"possible, or a name such as https", cut(name))
	}
	t := Target{Port: services[0].Port, Protocol: protocol, Name: strings.ToLower(name)}
	for _, s := range services {
		if s.Protocol == protocol {
			t.Port = s.Port
			break
		}
	}
	return t, nil
}

// isProtocol reports whether the text is a protocol in lower case.
func isProtocol(text string) bool { return text == "tcp" || text == "udp" }

// isDigits reports whether the text is one or more decimal digits.
func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// cut shortens foreign text for a message, without parting a character.
func cut(text string) string {
	if len(text) <= shownBytes {
		return text
	}
	end := shownBytes
	for end > shownBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
