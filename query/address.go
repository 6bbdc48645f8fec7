package query

import (
	"net/netip"
	"strings"

	"sockeye/poller"
)

// addressKind is the kind of IP addresses. A key may look at two of them, and matches where either does.
type addressKind struct {
	// of returns the addresses, the zero Addr where there is none.
	of []func(c *poller.Connection) netip.Addr
}

// word returns "address".
func (*addressKind) word() string { return "address" }

// read accepts an address, with or without brackets, a block of addresses in CIDR form (RFC 4632, RFC 4291 section
// 2.3), or the name of a host. v4-mapped addresses are read as IPv4. An address with a zone (RFC 4007 section 11) means that zone
// only, one without means any.
func (k *addressKind) read(key *key, text string) (value, *Error) {
	bare := text
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		bare = strings.TrimSuffix(inner, "]")
	}
	if prefix, err := netip.ParsePrefix(bare); err == nil {
		return &block{kind: k, prefix: unmapPrefix(prefix).Masked()}, nil
	}
	addr, err := netip.ParseAddr(bare)
	if name, ok := hostName(text); err != nil && ok {
		return &named{kind: k, name: Name{Text: name}}, nil
	}
	// A slash in a zone is a block that has a zone, which does not exist.
	if err != nil || strings.Contains(addr.Zone(), "/") {
		return nil, failf("%s must be an address such as 10.0.0.5 or fe80::1, a block such as 10.0.0.0/8 or the name of a host, not %s",
			key.Name, shown(text))
	}
	addr = addr.Unmap()
	if addr.Zone() != "" {
		return &block{kind: k, zoned: addr}, nil
	}
	return &block{kind: k, prefix: netip.PrefixFrom(addr, addr.BitLen())}, nil
}

// unmapPrefix returns a block of v4-mapped addresses as a block of IPv4 addresses, and others unchanged.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// block is a block of addresses, which may be a single one, or one address in one zone.
type block struct {
	kind *addressKind
	// prefix is masked and holds where zoned is the zero Addr; a single address is a prefix of its whole length.
	prefix netip.Prefix
	// zoned is the one address that is meant, with its zone.
	zoned netip.Addr
}

// match reports whether one of the addresses that the key looks at is in the block.
func (b *block) match(c *poller.Connection) bool {
	for _, of := range b.kind.of {
		if b.has(of(c)) {
			return true
		}
	}
	return false
}

// has reports whether the address is in the block; the zero Addr is in none.
func (b *block) has(addr netip.Addr) bool {
	if b.zoned.IsValid() {
		return addr == b.zoned
	}
	return b.prefix.Contains(addr.WithZone(""))
}

// text returns the address or the block in the form of RFC 5952; a block has no bits set behind its length.
func (b *block) text() string {
	switch {
	case b.zoned.IsValid():
		return b.zoned.String()
	case b.prefix.IsSingleIP():
		return b.prefix.Addr().String()
	}
	return b.prefix.String()
}
