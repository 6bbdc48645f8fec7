package query

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"sockeye/poller"
)

// Key is one key of the language, for help and documentation.
type Key struct {
	// Name is how it is written, in the box and in the URL.
	Name string
	// Kind is the sort of its values: "choice", "number" (also ranges), "address" (also blocks) or "text".
	Kind string
	// Title is what it looks at, as a heading.
	Title string
	// Example is a whole term that uses it.
	Example string
	// Help is one sentence on what it finds.
	Help string
	// Values are the names that can be chosen, nil for other kinds than "choice".
	Values []string
}

// Keys returns every key in the order in which help shows them. The caller owns the slice.
func Keys() []Key {
	keys := make([]Key, len(keyTable))
	for i, k := range keyTable {
		keys[i] = k.Key
		keys[i].Kind = k.kind.word()
		if c, ok := k.kind.(*choiceKind); ok {
			keys[i].Values = c.names()
		}
	}
	return keys
}

// key is an entry of the key table. The Kind and Values of its Key are not filled in; they follow from kind.
type key struct {
	Key
	kind kind
}

// The facts that keys of these kinds look at.
type (
	numbers   = []func(*poller.Connection) int64
	addresses = []func(*poller.Connection) netip.Addr
)

// maxPort is the largest port number (RFC 9293 section 3.1, RFC 768).
const maxPort = math.MaxUint16

// keyTable is the one table of keys, in the order of help. It is never changed. A new key is one more entry here, with
// a function of facts.go for what it looks at: box, URL, messages, help and docs/filter.md follow. Its name must be
// none of the URL's other parameters, and an entry may be removed only with the bookmarks that use it in mind.
var keyTable = []*key{
	{Key{Name: "state", Title: "State", Example: "state:established",
		Help: "The TCP state, in any usual spelling; connected and synchronized are the sets that ss calls so."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.State) }, states()}},
	{Key{Name: "proto", Title: "Protocol", Example: "proto:udp", Help: "The transport protocol."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Protocol) }, []option{
			{"tcp", 1 << poller.TCP, nil}, {"udp", 1 << poller.UDP, nil}}}},
	{Key{Name: "fam", Title: "Family", Example: "fam:ipv6",
		Help: "The address family of the socket; an IPv6 socket that carries IPv4 traffic is ipv6."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Family) }, []option{
			{"ipv4", 1 << poller.IPv4, []string{"4", "v4", "inet", "inet4"}},
			{"ipv6", 1 << poller.IPv6, []string{"6", "v6", "inet6"}}}}},
	{Key{Name: "ip", Title: "Address", Example: "ip:10.0.0.0/8", Help: "The address of either end, or a block it is in."},
		&addressKind{addresses{localAddress, remoteAddress}}},
	{Key{Name: "lip", Title: "Local address", Example: "lip:127.0.0.1", Help: "The address of this machine's end."},
		&addressKind{addresses{localAddress}}},
	{Key{Name: "rip", Title: "Remote address", Example: "-rip:192.168.0.0/16", Help: "The address of the other end."},
		&addressKind{addresses{remoteAddress}}},
	{Key{Name: "port", Title: "Port", Example: "port:80,443", Help: "The port of either end."},
		&numberKind{maxPort, numbers{localPort, remotePort}}},
	{Key{Name: "lport", Title: "Local port", Example: "lport:1024..2048", Help: "The port of this machine's end."},
		&numberKind{maxPort, numbers{localPort}}},
	{Key{Name: "rport", Title: "Remote port", Example: "rport:443", Help: "The port of the other end."},
		&numberKind{maxPort, numbers{remotePort}}},
	{Key{Name: "pid", Title: "PID", Example: "pid:812", Help: "The process id of the owner."},
		&numberKind{math.MaxInt32, numbers{pid}}},
	{Key{Name: "proc", Title: "Process", Example: `proc:"my server"`, Help: "A part of the process's name, in any case."},
		&textKind{processName}},
	{Key{Name: "user", Title: "User", Example: "user:www-data", Help: "A part of the user's name, in any case."},
		&textKind{user}},
	{Key{Name: "dir", Title: "Direction", Example: "dir:inbound", Help: "Who opened the connection."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Direction) }, directions()}},
}

// findKey returns the key of that name, in any case, or nil.
func findKey(name string) *key {
	i := slices.IndexFunc(keyTable, func(k *key) bool { return strings.EqualFold(k.Name, name) })
	if i < 0 {
		return nil
	}
	return keyTable[i]
}

// keyNames returns the names of all keys, in order.
func keyNames() []string {
	names := make([]string, len(keyTable))
	for i, k := range keyTable {
		names[i] = k.Name
	}
	return names
}

// unknownKey says that there is no such key.
func unknownKey(name string) *Error {
	if isParameter(name) {
		return failf("%s is a parameter of the URL and not a key of the filter", shown(name))
	}
	if meant := closest(strings.ToLower(name), keyNames()); meant != "" {
		return failf("unknown key %s: did you mean %q?", shown(name), meant)
	}
	return failf("unknown key %s: the keys are %s; text with a colon in it is searched for in quotes",
		shown(name), strings.Join(keyNames(), ", "))
}
