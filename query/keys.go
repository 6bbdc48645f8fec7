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
	// Kind is the sort of its values: "choice", "number" (also ranges and comparisons), "port" (also service names),
	// "quantity" (with units), "address" (also blocks and host names), "interface" or "text".
	Kind string
	// Title is what it looks at, as a heading.
	Title string
	// Example is a whole term that uses it.
	Example string
	// Help is one sentence on what it finds.
	Help string
	// Values are the names that can be chosen, nil for other kinds than "choice". Meanings say what each means, nil
	// where the names say it.
	Values, Meanings []string
	// Units are the units its numbers can have, the largest first; nil for other kinds than "quantity".
	Units []string
}

// Keys returns every key in the order in which help shows them. The caller owns the slice.
func Keys() []Key {
	keys := make([]Key, len(keyTable))
	for i, k := range keyTable {
		keys[i] = k.Key
		keys[i].Kind = k.kind.word()
		switch kind := k.kind.(type) {
		case *choiceKind:
			keys[i].Values = kind.names()
		case *conditionKind:
			keys[i].Values, keys[i].Meanings = kind.names(), kind.meanings()
		case *quantityKind:
			keys[i].Units = kind.unitNames()
		}
	}
	return keys
}

// key is an entry of the key table. The Kind, Values, Meanings and Units of its Key are not filled in; they
// follow from kind.
type key struct {
	Key
	kind kind
	// also are names that people use for it elsewhere. They are not understood, but lead to this key.
	also []string
}

// The facts that keys of these kinds look at.
type (
	numbers   = []func(*poller.Connection) int64
	addresses = []func(*poller.Connection) netip.Addr
	texts     = []func(*poller.Connection) string
)

// maxPort is the largest port number (RFC 9293 section 3.1, RFC 768).
const maxPort = math.MaxUint16

// keyTable is the one table of keys, in the order of help. It is never changed. A new key is one more entry here, with
// a function of facts.go for what it looks at: box, URL, messages, help and docs/filter.md follow. Its name must be
// none of the URL's other parameters, and an entry may be removed only with the bookmarks that use it in mind.
var keyTable = []*key{
	{Key{Name: "state", Title: "State", Example: "state:established",
		Help: "The TCP state, in any usual spelling; connected and synchronized are the sets that ss calls so."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.State) }, states()}, []string{"status"}},
	{Key{Name: "proto", Title: "Protocol", Example: "proto:udp", Help: "The transport protocol."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Protocol) }, []option{
			{"tcp", 1 << poller.TCP, nil}, {"udp", 1 << poller.UDP, nil}}}, []string{"protocol"}},
	{Key{Name: "fam", Title: "Family", Example: "fam:ipv6",
		Help: "The address family of the socket; an IPv6 socket that carries IPv4 traffic is ipv6."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Family) }, []option{
			{"ipv4", 1 << poller.IPv4, []string{"4", "v4", "inet", "inet4"}},
			{"ipv6", 1 << poller.IPv6, []string{"6", "v6", "inet6"}}}}, []string{"family"}},
	{Key{Name: "ip", Title: "Address", Example: "ip:10.0.0.0/8",
		Help: "The address of either end, a block it is in, or the name of a host."},
		&addressKind{addresses{localAddress, remoteAddress}}, []string{"address", "addr", "host", "net"}},
	{Key{Name: "lip", Title: "Local address", Example: "lip:127.0.0.1", Help: "The address of this machine's end."},
		&addressKind{addresses{localAddress}}, []string{"src", "local", "local_address", "laddr"}},
	{Key{Name: "rip", Title: "Remote address", Example: "-rip:192.168.0.0/16", Help: "The address of the other end."},
		&addressKind{addresses{remoteAddress}},
		[]string{"dst", "remote", "remote_address", "remote_name", "raddr", "peer", "foreign", "domain"}},
	{Key{Name: "port", Title: "Port", Example: "port:80,443", Help: "The port of either end, by number or by the name of its service."},
		&numberKind{maxPort, true, numbers{localPort, remotePort}}, nil},
	{Key{Name: "lport", Title: "Local port", Example: "lport:1024..2048", Help: "The port of this machine's end."},
		&numberKind{maxPort, true, numbers{localPort}}, []string{"sport", "local_port"}},
	{Key{Name: "rport", Title: "Remote port", Example: "rport:https", Help: "The port of the other end."},
		&numberKind{maxPort, true, numbers{remotePort}}, []string{"dport", "remote_port"}},
	{Key{Name: "svc", Title: "Service", Example: "svc:http",
		Help: "A part of the name of what the port of either end is for."},
		&textKind{texts{localService, remoteService}}, []string{"service"}},
	{Key{Name: "pid", Title: "PID", Example: "pid:812", Help: "The process id of the owner."},
		&numberKind{math.MaxInt32, false, numbers{pid}}, nil},
	{Key{Name: "proc", Title: "Process", Example: `proc:"my server"`, Help: "A part of the process's name, in any case."},
		&textKind{texts{processName}}, []string{"process", "program", "command", "comm", "exe", "app"}},
	{Key{Name: "user", Title: "User", Example: "user:www-data", Help: "A part of the user's name, in any case."},
		&textKind{texts{user}}, []string{"username", "uid", "owner"}},
	{Key{Name: "dir", Title: "Direction", Example: "dir:inbound", Help: "Who opened the connection."},
		&choiceKind{func(c *poller.Connection) uint8 { return uint8(c.Direction) }, directions()}, []string{"direction"}},
	{Key{Name: "if", Title: "Interface", Example: "if:lo",
		Help: "The interface of this machine that has the local address."},
		&interfaceKind{addressKind{addresses{localAddress}}}, []string{"interface", "iface", "dev"}},
	{Key{Name: "rx", Title: "Received", Example: "rx:>1M", Help: "Bytes received since it was opened."},
		byteKind(received), []string{"bytes_received", "received"}},
	{Key{Name: "tx", Title: "Sent", Example: "tx:1k..1M", Help: "Bytes sent since it was opened."},
		byteKind(sent), []string{"bytes_sent", "sent"}},
	{Key{Name: "rate", Title: "Rate", Example: "rate:>0", Help: "Bytes a second now, received and sent together."},
		byteKind(rate), nil},
	{Key{Name: "rxrate", Title: "Receive rate", Example: "rxrate:>=100k", Help: "Bytes received a second now."},
		byteKind(receiveRate), []string{"receive_rate"}},
	{Key{Name: "txrate", Title: "Send rate", Example: "txrate:>1MiB", Help: "Bytes sent a second now."},
		byteKind(sendRate), []string{"send_rate"}},
	{Key{Name: "rq", Title: "Receive queue", Example: "rq:>0",
		Help: "Bytes received that the program has not read; for a listener, connections that wait to be accepted."},
		byteKind(receiveQueue), []string{"receive_queue", "recv-q", "recvq"}},
	{Key{Name: "sq", Title: "Send queue", Example: "sq:>64KiB",
		Help: "Bytes that the other end has not acknowledged; for a listener, the limit of its queue."},
		byteKind(sendQueue), []string{"send_queue", "send-q", "sendq"}},
	{Key{Name: "rtt", Title: "Round-trip time", Example: "rtt:>200ms", Help: "The smoothed round-trip time; without a unit in ms."},
		&quantityKind{of: roundTrip, units: rttUnits, plain: 1000, example: ">200ms"}, []string{"rtt_ms", "latency", "ping"}},
	{Key{Name: "retr", Title: "Retransmits", Example: "retr:>10", Help: "Segments sent again since it was opened."},
		&quantityKind{of: retransmits, units: counts, plain: 1, example: ">10"}, []string{"retransmits", "retrans"}},
	{Key{Name: "age", Title: "Age", Example: "age:>5m",
		Help: "How long it has existed; without a unit in seconds. One that was there before sockeye looked is at least " +
			"as old as it was seen, and found by > and >= only."},
		&quantityKind{units: ageUnits, plain: 1000, example: ">5m"}, []string{"age_seconds", "since", "time"}},
	{Key{Name: "is", Title: "Condition", Example: "is:external,stuck", Help: "What can be said of it; each word is explained below."},
		&conditionKind{conditions()}, []string{"has"}},
}

// byteKind is the kind of numbers of bytes.
func byteKind(of func(c *poller.Connection) int64) *quantityKind {
	return &quantityKind{of: of, units: byteUnits, also: moreBytes, plain: 1, example: ">1M"}
}

// findKey returns the key of that name, in any case, or nil.
func findKey(name string) *key {
	i := slices.IndexFunc(keyTable, func(k *key) bool { return strings.EqualFold(k.Name, name) })
	if i < 0 {
		return nil
	}
	return keyTable[i]
}

// meantKey returns the name of the key that the writer of a name may have meant, "" where there is none.
func meantKey(name string) string {
	name = strings.ToLower(name)
	for _, k := range keyTable {
		if slices.Contains(k.also, name) {
			return k.Name
		}
	}
	return closest(name, keyNames())
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
	if meant := meantKey(name); meant != "" {
		return failf("unknown key %s: did you mean %q?", shown(name), meant)
	}
	return failf("unknown key %s: the keys are %s; text with a colon in it is searched for in quotes",
		shown(name), strings.Join(keyNames(), ", "))
}
