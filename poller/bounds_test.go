package poller

import (
	"context"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// crowd is 200,000 sockets of 20,000 processes.
func crowd() (*machine, []Socket) {
	const processes, each = 20_000, 10
	m := &machine{processes: make(map[int32]*program, processes)}
	dump := make([]Socket, 0, processes*each)
	for pid := int32(1); pid <= processes; pid++ {
		p := &program{Process: Process{PID: pid, Start: uint64(pid), Name: "worker"}}
		for range each {
			id := uint32(len(dump) + 1)
			p.sockets = append(p.sockets, id)
			local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(id)}), uint16(id>>8)+1)
			remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(id >> 8), byte(id)}), 443)
			dump = append(dump, Socket{ID: ID(id), Protocol: TCP, Family: IPv4, State: StateEstablished, Inode: id,
				Known: KnownUID | KnownBytes | KnownQueues, Local: local, Remote: remote})
		}
		m.processes[pid] = p
	}
	return m, dump
}

// maxSocketMemory is what a socket may cost in the table and the caches beside it, in bytes. The budget of 120 MB for
// 100,000 sockets leaves it twice that.
const maxSocketMemory = 600

// 200,000 sockets of 20,000 processes are taken in, every owner is found, a poll in which nothing happens lists no
// process, and all of it goes when the sockets do.
func TestCrowd(t *testing.T) {
	m, dump := crowd()
	before := heap()
	listed := dump
	p := newPoller(&scripted{list: func(context.Context) ([]Socket, error) { return listed, nil }}, m.finder(),
		Options{Interval: time.Second, Log: quiet()})
	p.poll(t.Context())
	if n, unowned := p.table.Len(), len(p.table.unowned); n != len(dump) || unowned != 0 {
		t.Fatalf("%d sockets, %d without owner", n, unowned)
	}
	if each := (heap() - before) / uint64(len(dump)); each > maxSocketMemory && !raceDetector {
		t.Errorf("%d bytes a socket, want at most %d", each, maxSocketMemory)
	} else {
		t.Logf("%d bytes a socket", each)
	}
	m.walked()
	m.reads = 0
	p.poll(t.Context())
	if got := m.walked(); len(got) != 0 || m.reads > sampleSize+maxYoung {
		t.Errorf("%d processes listed and %d descriptors read in a poll in which nothing happened", len(got), m.reads)
	}
	listed = nil
	p.poll(t.Context())
	o := p.owners.(*inodeOwners)
	if p.table.Len()+len(o.byInode)+len(o.misses)+len(p.table.unowned)+len(p.table.peers.pairs) != 0 {
		t.Error("something is kept of sockets that are gone")
	}
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
