package query

import (
	"net/netip"
	"slices"
	"strings"

	"sockeye/poller"
)

// maxHost is the length of a host name at the most (RFC 1123 section 2.1), and maxLabel that of its parts.
const (
	maxHost  = 253
	maxLabel = 63
)

// hostName returns a host name in lower case and without the dot at its end; ok is false where the text is none. A
// name whose last part is digits only is none: it is an address that is not complete. The underscore is taken, since
// names in use have it.
func hostName(text string) (name string, ok bool) {
	name = strings.ToLower(strings.TrimSuffix(text, "."))
	if name == "" || len(name) > maxHost {
		return "", false
	}
	last := ""
	for last = range strings.SplitSeq(name, ".") {
		if last == "" || len(last) > maxLabel || last[0] == '-' || last[len(last)-1] == '-' ||
			strings.Trim(last, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return name, !isDigits(last)
}

// named is the addresses of a host or of an interface. It matches nothing until it is given them.
type named struct {
	kind *addressKind
	name Name
	// addresses are what the name stands for; one without a zone means every zone.
	addresses []netip.Addr
}

// match reports whether one of the addresses that the key looks at is the name's.
func (n *named) match(c *poller.Connection) bool {
	if len(n.addresses) == 0 {
		return false
	}
	for _, of := range n.kind.of {
		if a := of(c); a.IsValid() && (slices.Contains(n.addresses, a) || slices.Contains(n.addresses, a.WithZone(""))) {
			return true
		}
	}
	return false
}

// text returns the name.
func (n *named) text() string { return n.name.Text }

// bind looks the name up.
func (n *named) bind(b *binding) value {
	if b.addresses == nil {
		return n
	}
	found := &named{kind: n.kind, name: n.name}
	for _, a := range b.addresses(n.name) {
		found.addresses = append(found.addresses, a.Unmap())
	}
	return found
}

// interfaceKind is the kind of names of this machine's interfaces: what matches has its local end at one of their
// addresses.
type interfaceKind struct{ addressKind }

// word returns "interface".
func (*interfaceKind) word() string { return "interface" }

// read accepts any name; whether there is such an interface is known when it is looked up.
func (k *interfaceKind) read(_ *key, text string) (value, *Error) {
	return &named{kind: &k.addressKind, name: Name{Text: text, Interface: true}}, nil
}
