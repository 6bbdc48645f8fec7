package sockdiag

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

const (
	requestLen  = 56 // struct inet_diag_req_v2
	socketIDLen = 48 // struct inet_diag_sockid
)

// Request asks for all sockets of one family and protocol, struct inet_diag_req_v2.
type Request struct {
	Family, Protocol uint8
	Extensions       uint8
	States           uint32
}

// AppendRequest appends the netlink message that starts a dump to dst. The answers carry the same sequence number.
func AppendRequest(dst []byte, sequence uint32, r Request) []byte {
	var body [requestLen]byte
	body[0], body[1], body[2] = r.Family, r.Protocol, r.Extensions
	order.PutUint32(body[4:], r.States)
	h := Header{Type: TypeSockByFamily, Flags: flagRequest | flagDump, Sequence: sequence}
	return AppendMessage(dst, h, body[:])
}
