package netinfo

import (
	"encoding/binary"
	"fmt"
)

// The counters of the structures of ipmib.h, tcpmib.h and udpmib.h, in their order, by the names that Linux and netstat
// have for them; what is no counter has no name.
var (
	tcpNames = []string{"", "", "", "MaxConn", "ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", "CurrEstab",
		"InSegs", "OutSegs", "RetransSegs", "InErrs", "OutRsts", ""}
	udpNames = []string{"InDatagrams", "NoPorts", "InErrors", "OutDatagrams", ""}
	ipNames  = []string{"", "", "InReceives", "InHdrErrors", "InAddrErrors", "ForwDatagrams", "InUnknownProtos", "InDiscards",
		"InDelivers", "OutRequests", "", "OutDiscards", "OutNoRoutes", "ReasmTimeout", "ReasmReqds", "ReasmOKs", "ReasmFails",
		"FragOKs", "FragFails", "FragCreates", "", "", ""}
)

// icmpWords is how many 32-bit words MIB_ICMP_EX has for each direction: messages, errors, and 256 types.
const icmpWords = 2 + 256

// mibCounters reads a structure of 32-bit counters.
func mibCounters(protocol string, names []string, b []byte) ([]Counter, error) {
	if len(b) < 4*len(names) {
		return nil, fmt.Errorf("counters of %s: %d bytes: %w", protocol, len(b), errTable)
	}
	var list []Counter
	for i, name := range names {
		if v := int64(binary.LittleEndian.Uint32(b[4*i:])); name == "MaxConn" {
			list = append(list, Counter{protocol, name, int64(int32(v))}) // -1 where there is no limit
		} else if name != "" {
			list = append(list, Counter{protocol, name, v})
		}
	}
	return list, nil
}

// mibICMP reads a MIB_ICMP_EX. types names the types that have a counter of their own.
func mibICMP(protocol string, types map[int]string, b []byte) ([]Counter, error) {
	if len(b) < 2*4*icmpWords {
		return nil, fmt.Errorf("counters of %s: %d bytes: %w", protocol, len(b), errTable)
	}
	var list []Counter
	for i, direction := range []string{"In", "Out"} {
		part := b[i*4*icmpWords:]
		list = append(list, Counter{protocol, direction + "Msgs", int64(binary.LittleEndian.Uint32(part))},
			Counter{protocol, direction + "Errors", int64(binary.LittleEndian.Uint32(part[4:]))})
		for kind := range 256 {
			if name := types[kind]; name != "" {
				list = append(list, Counter{protocol, direction + name, int64(binary.LittleEndian.Uint32(part[8+4*kind:]))})
			}
		}
	}
	return list, nil
}

// icmp4Types are the types of ICMP (RFC 792) that have a counter.
var icmp4Types = map[int]string{0: "EchoReps", 3: "DestUnreachs", 5: "Redirects", 8: "Echos", 11: "TimeExcds", 12: "ParmProbs"}

// joined adds the counters of b to those of a that have the same name: Windows counts TCP of each family apart, and
// nobody asks for them so. A limit is not added.
func joined(a, b []Counter) []Counter {
	for i := range a {
		for _, c := range b {
			if c.Key() == a[i].Key() && c.Name != "MaxConn" {
				a[i].Value += c.Value
			}
		}
	}
	return a
}
