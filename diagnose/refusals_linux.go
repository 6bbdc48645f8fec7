package diagnose

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Refusals hears of connections that others ask for and that are refused, where a firewall of this machine tracks
// connections and this program may listen (CAP_NET_ADMIN): the kernel forgets a tracked connection as soon as a reset is
// its only answer, and tells of that. Nothing else in the kernel remembers whom it has refused, and for which port. The
// zero value hears of nothing until [Refusals.Take] is called; [Refusals.Close] ends it. It is safe for concurrent use.
type Refusals struct {
	mu    sync.Mutex
	open  bool
	fd    int
	ports []uint16
}

// conntrackDestroy is the group in which the kernel tells of tracked connections that it forgets
// (NFNLGRP_CONNTRACK_DESTROY, linux/netfilter/nfnetlink.h).
const conntrackDestroy = 3

// Take returns those that were refused since it was last called, and hears of these ports from then on. Those of the
// first call are none. Where it is not permitted there are never any.
func (r *Refusals) Take(ports []uint16) (list []Try) {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(ports) > maxHeard {
		ports = ports[:maxHeard]
	}
	if len(ports) == 0 || number("/proc/sys/net/netfilter/nf_conntrack_max") == 0 {
		r.close() // to listen for what nobody tracks would have the kernel load what tracks
		return nil
	}
	if !r.open && !r.listen() {
		return nil
	}
	buffer := make([]byte, 16<<10)
	for {
		n, _, err := unix.Recvfrom(r.fd, buffer, unix.MSG_DONTWAIT)
		if err != nil {
			break // nothing more, or some were lost: both will do
		}
		if t, ok := parseRefusal(buffer[:n]); ok && slices.Contains(r.ports, t.Port) {
			list = append(list, t)
		}
	}
	if !slices.Equal(r.ports, ports) && r.hear(ports) {
		r.ports = slices.Clone(ports)
	}
	return list
}

// Close hears of nothing any more.
func (r *Refusals) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.close()
}

func (r *Refusals) close() {
	if r.open {
		_ = unix.Close(r.fd) // nothing was written to it
	}
	r.open, r.ports = false, nil
}

// listen opens the socket, which hears of nothing yet.
func (r *Refusals) listen() bool {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return false
	}
	r.fd, r.open, r.ports = fd, true, nil
	if !r.hear(nil) || unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (conntrackDestroy - 1)}) != nil {
		r.close()
		return false
	}
	return true
}

// hear has the kernel hand on what is about these ports, and throw all else away at once.
func (r *Refusals) hear(ports []uint16) bool {
	program, err := bpf.Assemble(refusalFilter(ports))
	if err != nil {
		return false
	}
	filter := make([]unix.SockFilter, len(program))
	for i, p := range program {
		filter[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	return unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}) == nil
}

// messageHead is the length of what stands before the attributes: struct nlmsghdr and struct nfgenmsg.
const messageHead = 16 + 4

// maxHeard bounds the ports that are heard of: a jump of the filter reaches 255 instructions.
const maxHeard = 200

// What the kernel's filters have to look for an attribute with, from the place in A for the kind in X, and for one within
// that at A (SKF_AD_OFF + SKF_AD_NLATTR and SKF_AD_NLATTR_NEST, linux/filter.h). A is 0 where there is none.
const (
	findAttribute = 0xfffff000 + 12
	findNested    = 0xfffff000 + 16
)

// refusalFilter passes messages about TCP or UDP to one of the ports, from 127.0.0.0/8 excepted: there most connections to
// such a port come from, and they are none.
func refusalFilter(ports []uint16) []bpf.Instruction {
	find := func(kind, extension uint32) []bpf.Instruction {
		return []bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: kind}, bpf.RawInstruction{Op: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: extension}}
	}
	list := []bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegA, Val: messageHead}}
	list = append(list, find(nl.CTA_TUPLE_ORIG, findAttribute)...)
	list = append(list, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0, SkipTrue: 1}, bpf.RetConstant{}, bpf.StoreScratch{Src: bpf.RegA})
	list = append(list, find(nl.CTA_TUPLE_IP, findNested)...)
	list = append(list, find(nl.CTA_IP_V4_DST, findNested)...)
	list = append(list, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 4}, bpf.TAX{}, bpf.LoadIndirect{Off: 4, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 127, SkipTrue: 1}, bpf.RetConstant{}, bpf.LoadScratch{Dst: bpf.RegA})
	list = append(list, find(nl.CTA_TUPLE_PROTO, findNested)...)
	list = append(list, find(nl.CTA_PROTO_DST_PORT, findNested)...)
	list = append(list, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0, SkipTrue: 1}, bpf.RetConstant{}, bpf.TAX{}, bpf.LoadIndirect{Off: 4, Size: 2})
	for i, p := range ports {
		list = append(list, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(p), SkipTrue: uint8(len(ports) - i)})
	}
	return append(list, bpf.RetConstant{}, bpf.RetConstant{Val: 1 << 16})
}

// parseRefusal reads the kernel's word that it forgets a tracked connection. ok is false for one of another protocol,
// one that is passed on to another machine, and for anything that cannot be read.
func parseRefusal(b []byte) (t Try, ok bool) {
	if len(b) < messageHead {
		return Try{}, false
	}
	size := int(min(binary.NativeEndian.Uint32(b), uint32(len(b))))
	if size < messageHead {
		return Try{}, false
	}
	var there, back tracked
	for kind, value := range attributes(b[messageHead:size]) {
		switch kind {
		case nl.CTA_TUPLE_ORIG:
			there = parseTracked(value)
		case nl.CTA_TUPLE_REPLY:
			back = parseTracked(value)
		}
	}
	if there.protocol != unix.IPPROTO_TCP || !there.from.IsValid() || there.to != back.from || there.to.Addr().IsLoopback() || there.from.Addr() == there.to.Addr() {
		return Try{}, false
	}
	return Try{Peer: there.from, Port: there.to.Port()}, true
}

// tracked is one direction of a tracked connection.
type tracked struct {
	protocol uint8
	from, to netip.AddrPort
}

// parseTracked reads a tuple (CTA_TUPLE_, linux/netfilter/nfnetlink_conntrack.h). What is missing stays zero.
func parseTracked(b []byte) (t tracked) {
	var from, to netip.Addr
	var fromPort, toPort uint16
	for kind, value := range attributes(b) {
		for k, v := range attributes(value) {
			switch {
			case kind == nl.CTA_TUPLE_IP && (k == nl.CTA_IP_V4_SRC || k == nl.CTA_IP_V6_SRC):
				from, _ = netip.AddrFromSlice(v)
			case kind == nl.CTA_TUPLE_IP && (k == nl.CTA_IP_V4_DST || k == nl.CTA_IP_V6_DST):
				to, _ = netip.AddrFromSlice(v)
			case kind == nl.CTA_TUPLE_PROTO && k == nl.CTA_PROTO_NUM && len(v) > 0:
				t.protocol = v[0]
			case kind == nl.CTA_TUPLE_PROTO && k == nl.CTA_PROTO_SRC_PORT && len(v) > 1:
				fromPort = binary.BigEndian.Uint16(v)
			case kind == nl.CTA_TUPLE_PROTO && k == nl.CTA_PROTO_DST_PORT && len(v) > 1:
				toPort = binary.BigEndian.Uint16(v)
			}
		}
	}
	if from.IsValid() && to.IsValid() {
		t.from, t.to = netip.AddrPortFrom(from.Unmap(), fromPort), netip.AddrPortFrom(to.Unmap(), toPort)
	}
	return t
}

// attributes yields the kinds and values of netlink attributes (struct nlattr), as far as they are whole.
func attributes(b []byte) func(yield func(kind uint16, value []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofNlAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofNlAttr || size > len(b) {
				return
			}
			kind := binary.NativeEndian.Uint16(b[2:]) &^ (unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)
			if !yield(kind, b[unix.SizeofNlAttr:size]) {
				return
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}
