package diagnose

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// watchWire watches the packets that open and refuse connections on all interfaces but the loopback, until the
// function that it returns is called. It needs CAP_NET_RAW.
func watchWire() (s *sightings, stop func(), err error) {
	socket, err := packetSocket(unix.ETH_P_ALL, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("watch packets: %w", err)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, nil, errors.Join(err, socket.Close())
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		program := wireFilter()
		failure = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
	if err = errors.Join(err, failure); err != nil {
		return nil, nil, fmt.Errorf("watch packets: %w", errors.Join(err, socket.Close()))
	}
	s = newSightings()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(socket, loopbackIndex())
	}()
	return s, func() {
		_ = socket.SetReadDeadline(time.Now()) // ends the reader
		<-done
		_ = socket.Close()
	}, nil
}

// loopbackIndex returns the index of the loopback interface, 0 for none.
func loopbackIndex() int {
	list, err := net.Interfaces()
	if err != nil {
		return 0
	}
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Index
		}
	}
	return 0
}

// read files packets until the socket's deadline.
func (s *sightings) read(socket *os.File, loopback int) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	buffer := make([]byte, 512)
	for {
		var n int
		var from unix.Sockaddr
		var failure error
		err := raw.Read(func(fd uintptr) bool {
			n, from, failure = unix.Recvfrom(int(fd), buffer, unix.MSG_TRUNC)
			return failure != unix.EAGAIN
		})
		if err != nil {
			return
		}
		at, ok := from.(*unix.SockaddrLinklayer)
		if failure != nil || !ok || at.Ifindex == loopback {
			continue
		}
		if p, ok := parsePacket(buffer[:min(n, len(buffer))]); ok {
			s.file(p, at.Pkttype == unix.PACKET_OUTGOING)
		}
	}
}

// wireFilter lets through what parsePacket reads: TCP segments with SYN or RST, UDP from or to port 53, and ICMP.
func wireFilter() []unix.SockFilter {
	program, err := bpf.Assemble([]bpf.Instruction{
		/*  0 */ bpf.LoadAbsolute{Off: 0, Size: 1},
		/*  1 */ bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		/*  2 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 4},
		/*  3 */ bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 4, SkipTrue: 17},
		/*  4 */ bpf.LoadMemShift{Off: 0}, // X is the length of the IPv4 header
		/*  5 */ bpf.LoadAbsolute{Off: 9, Size: 1},
		/*  6 */ bpf.Jump{Skip: 2},
		/*  7 */ bpf.LoadConstant{Dst: bpf.RegX, Val: 40},
		/*  8 */ bpf.LoadAbsolute{Off: 6, Size: 1},
		/*  9 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 1, SkipTrue: 10},
		/* 10 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 58, SkipTrue: 9},
		/* 11 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 17, SkipTrue: 3},
		/* 12 */ bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 6, SkipTrue: 8},
		/* 13 */ bpf.LoadIndirect{Off: 13, Size: 1},
		/* 14 */ bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 6, SkipTrue: 5, SkipFalse: 6},
		/* 15 */ bpf.LoadIndirect{Off: 0, Size: 2},
		/* 16 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 53, SkipTrue: 3},
		/* 17 */ bpf.LoadIndirect{Off: 2, Size: 2},
		/* 18 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 53, SkipTrue: 1},
		/* 19 */ bpf.Jump{Skip: 1},
		/* 20 */ bpf.RetConstant{Val: 256},
		/* 21 */ bpf.RetConstant{Val: 0},
	})
	if err != nil {
		panic("the filter is a constant: " + err.Error())
	}
	list := make([]unix.SockFilter, len(program))
	for i, p := range program {
		list[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	return list
}
