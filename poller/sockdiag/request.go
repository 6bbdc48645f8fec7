package sockdiag

import "encoding/binary"

// The address families and protocols that can be asked for, with their numbers on Linux.
const (
	FamilyIPv4  uint8 = 2  // AF_INET
	FamilyIPv6  uint8 = 10 // AF_INET6
	ProtocolTCP uint8 = 6  // IPPROTO_TCP
	ProtocolUDP uint8 = 17 // IPPROTO_UDP
)

// AllStates asks for sockets in every state, TCP sockets that are bound without listening among them
// (TCPF_BOUND_INACTIVE, since Linux 6.8; older kernels ignore the bit).
const AllStates uint32 = 1<<14 - 1

// WithInfo asks for struct tcp_info with each TCP socket (the bit of INET_DIAG_INFO).
const WithInfo uint8 = 1 << (attrInfo - 1)

// WithMemory asks for the socket's memory with each, and so for the datagrams it dropped (the bit of
// INET_DIAG_SKMEMINFO).
const WithMemory uint8 = 1 << (attrMemory - 1)

// FamilyAny (AF_UNSPEC) asks for both families at once, which spares the kernel a second walk of its tables. Only TCP
// can be asked for so, by the request that came before SOCK_DIAG_BY_FAMILY (TCPDIAG_GETSOCK).
const FamilyAny uint8 = 0

const (
	requestLen    = 56 // struct inet_diag_req_v2
	oldRequestLen = 60 // struct inet_diag_req
	socketIDLen   = 48 // struct inet_diag_sockid
)

// Request asks for all sockets of one protocol, and of one family or of [FamilyAny].
type Request struct {
	Family, Protocol uint8
	Extensions       uint8
	States           uint32
	// LocalPort, where set, asks for those with this port at the local end alone.
	LocalPort uint16
	// Cut, where set, asks for a part of them.
	Cut PortCut
}

// PortCut divides sockets in two by a port: a socket keeps its ports, so it is in one part and stays there. The zero
// value is no cut.
type PortCut struct {
	// Port is the lowest of the upper part's ports, 1 to 65535.
	Port uint16
	// Remote has the remote end's port decide in place of the local one's; it is 0 where there is no such end.
	Remote bool
	// Upper asks for the upper part in place of the lower.
	Upper bool
}

// AppendRequest appends the netlink message that starts a dump to dst. The answers carry the same sequence number.
func AppendRequest(dst []byte, sequence uint32, r Request) []byte {
	body, kind := r.body(make([]byte, 0, oldRequestLen+attrLen+codeLen))
	if r.Cut.Port != 0 {
		code := r.Cut.code()
		body = appendAttribute(body, attrByteCode, code[:])
	}
	h := Header{Type: kind, Flags: flagRequest | flagDump, Sequence: sequence}
	return AppendMessage(dst, h, body)
}

// body appends the fixed part of the request.
func (r Request) body(dst []byte) ([]byte, MessageType) {
	if r.Family == FamilyAny {
		var b [oldRequestLen]byte
		b[3] = r.Extensions
		binary.BigEndian.PutUint16(b[4:], r.LocalPort)
		order.PutUint32(b[4+socketIDLen:], r.States)
		return append(dst, b[:]...), TypeTCPDiag
	}
	var b [requestLen]byte
	b[0], b[1], b[2] = r.Family, r.Protocol, r.Extensions
	order.PutUint32(b[4:], r.States)
	binary.BigEndian.PutUint16(b[requestLen-socketIDLen:], r.LocalPort)
	return append(dst, b[:]...), TypeSockByFamily
}

// The filter that the kernel runs for each socket (linux/inet_diag.h): the attribute that carries it, and its
// comparisons of a port.
const (
	attrByteCode   = 1 // INET_DIAG_REQ_BYTECODE
	codeLocalFrom  = 2 // INET_DIAG_BC_S_GE
	codeLocalUpTo  = 3 // INET_DIAG_BC_S_LE
	codeRemoteFrom = 4 // INET_DIAG_BC_D_GE
	codeRemoteUpTo = 5 // INET_DIAG_BC_D_LE
	codeLen        = 8 // two struct inet_diag_bc_op: the comparison, and the port it compares with
	codeBeyond     = codeLen + 4
	codePortAt     = 6
	codeNoAt       = 2
)

// code is a filter of one comparison. A socket is kept where it leads to the end of the code, and is not where it leads
// beyond.
func (c PortCut) code() (b [codeLen]byte) {
	port := c.Port
	switch {
	case c.Upper && c.Remote:
		b[0] = codeRemoteFrom
	case c.Upper:
		b[0] = codeLocalFrom
	case c.Remote:
		b[0], port = codeRemoteUpTo, port-1
	default:
		b[0], port = codeLocalUpTo, port-1
	}
	b[1] = codeLen
	order.PutUint16(b[codeNoAt:], codeBeyond)
	order.PutUint16(b[codePortAt:], port)
	return b
}
