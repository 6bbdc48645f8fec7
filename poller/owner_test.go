package poller

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing"
)

// machine is a fake of a host's processes and what they have open.
type machine struct {
	processes map[int32]*program
	scanned   []int32         // whose descriptors were listed, in order
	reads     int             // how many single descriptors were read
	onScan    func(pid int32) // called when a process's descriptors have been looked at; may be nil
	noList    error           // what the list of processes fails with
}

// program is one process of a machine.
type program struct {
	Process
	sockets   []uint32
	forbidden bool // its descriptors may not be looked at
	hidden    bool // it may not be looked at at all
}

// host makes a machine of programs.
func host(programs ...*program) *machine {
	m := &machine{processes: map[int32]*program{}}
	for _, p := range programs {
		m.processes[p.PID] = p
	}
	return m
}

// holds makes a program that has sockets open.
func holds(pid int32, sockets ...uint32) *program {
	return &program{Process: Process{PID: pid, Start: uint64(pid) * 10, Name: fmt.Sprintf("program %d", pid)}, sockets: sockets}
}

func (m *machine) pids(dst []int32) ([]int32, error) {
	return append(dst, slices.Sorted(maps.Keys(m.processes))...), m.noList
}

func (m *machine) open(pid int32) (openFiles, error) {
	switch p := m.processes[pid]; {
	case p == nil:
		return nil, fs.ErrNotExist
	case p.forbidden || p.hidden:
		m.scanned = append(m.scanned, pid)
		return nil, fs.ErrPermission
	}
	return &fakeFiles{m: m, pid: pid, start: m.processes[pid].Start}, nil
}

// fakeFiles is what a program of a machine has open: its sockets from number 3 on, 0 standing for a free number.
type fakeFiles struct {
	m      *machine
	pid    int32
	start  uint64
	listed bool
}

func (f *fakeFiles) process() (Process, error) {
	f.looked()
	if p := f.m.processes[f.pid]; p == nil || p.Start != f.start {
		return Process{}, fs.ErrNotExist
	}
	return f.m.read(f.pid)
}

func (f *fakeFiles) numbers(dst []int32) ([]int32, error) {
	f.m.scanned = append(f.m.scanned, f.pid)
	f.listed = true
	p := f.m.processes[f.pid]
	if p == nil {
		return dst, fs.ErrNotExist
	}
	for i, inode := range p.sockets {
		if inode != 0 {
			dst = append(dst, int32(i)+3)
		}
	}
	return dst, nil
}

func (f *fakeFiles) socket(number int32) (uint32, error) {
	f.m.reads++
	p, i := f.m.processes[f.pid], int(number)-3
	if p == nil || i < 0 || i >= len(p.sockets) || p.sockets[i] == 0 {
		return 0, fs.ErrNotExist
	}
	return p.sockets[i], nil
}

func (f *fakeFiles) Close() error {
	f.looked()
	return nil
}

// looked tells once that they have been listed.
func (f *fakeFiles) looked() {
	if f.m.onScan != nil && f.listed {
		f.m.onScan(f.pid)
	}
	f.listed = false
}

func (m *machine) read(pid int32) (Process, error) {
	p := m.processes[pid]
	switch {
	case p == nil:
		return Process{}, fs.ErrNotExist
	case p.hidden:
		return Process{}, fmt.Errorf("process %d: %w", pid, fs.ErrPermission)
	}
	return p.Process, nil
}

// walked returns whose descriptors were listed since the last call.
func (m *machine) walked() []int32 {
	scanned := m.scanned
	m.scanned = nil
	return scanned
}

// finder makes a finder that looks at the machine as user 1000.
func (m *machine) finder() *inodeOwners { return newInodeOwners(m, m.read, 1000) }

// unhinted knows no likely owner.
func unhinted([]*Socket) []int32 { return nil }

// of makes a socket with the given inode, of a user.
func of(inode, uid uint32) *Socket {
	return &Socket{ID: ID(inode), Inode: inode, UID: uid, Known: KnownUID}
}

// A process that ended or goes by another name is told, and read anew when it is asked for again.
func TestProcessesVerify(t *testing.T) {
	m := host(holds(1), holds(2), holds(3))
	p := newProcesses(m.read)
	var known []*Process
	for pid := int32(1); pid <= 3; pid++ {
		got, err := p.get(pid)
		check(t, err)
		known = append(known, got)
	}
	if again, err := p.get(1); err != nil || again != known[0] {
		t.Errorf("a known process is another value the next time: %v, %v", again, err)
	}
	if gone := p.verify(); gone != nil {
		t.Errorf("gone: %v, though nothing happened", gone)
	}
	m.processes[1].Name = "renamed"
	delete(m.processes, 2)
	gone := p.verify()
	if len(gone) != 2 || !gone[known[0]] || !gone[known[1]] {
		t.Errorf("gone: %v", gone)
	}
	if now, err := p.get(1); err != nil || now.Name != "renamed" || known[0].Name != "program 1" {
		t.Errorf("after it was renamed: %v, %v; the old value: %v", now, err, known[0])
	}
	if _, err := p.get(2); err == nil {
		t.Error("a process that has ended is still there")
	}
}

// A source that names PIDs has its owners named; a PID that is used again is another process.
func TestPIDOwners(t *testing.T) {
	m := host(holds(7))
	o := &pidOwners{newProcesses(m.read)}
	owned := func(pid int32, state State) (*Process, OwnerNote) {
		s := &Socket{PID: pid, State: state}
		o.find(context.Background(), []*Socket{s}, unhinted, start)
		return o.owner(s)
	}
	first, note := owned(7, StateEstablished)
	if first == nil || first.Name != "program 7" || note != OwnerKnown {
		t.Errorf("owner %v, %q", first, note)
	}
	for _, tt := range []struct {
		pid   int32
		state State
		want  OwnerNote
	}{{8, StateListen, OwnerNotFound}, {0, StateEstablished, OwnerNotFound}, {0, StateTimeWait, OwnerNone}, {0, StateFinWait2, OwnerNone}} {
		if p, note := owned(tt.pid, tt.state); p != nil || note != tt.want {
			t.Errorf("%+v: owner %v, %q", tt, p, note)
		}
	}
	m.processes[7].Start++
	if gone, _ := o.verify(); !gone[first] {
		t.Errorf("gone: %v", gone)
	}
	if second, _ := owned(7, StateEstablished); second == first || second == nil || second.Start == first.Start {
		t.Errorf("owner %v after the PID was used again", second)
	}
	o.forget(&Socket{PID: 7})
}

// A Fake's sockets and processes are those of the Poller made with it.
func TestFake(t *testing.T) {
	m := host(holds(7))
	f := &Fake{Sockets: func(_ context.Context, dst []Socket) ([]Socket, error) {
		s := tcp4(1, StateListen, "127.0.0.1:80", "")
		s.PID = 7
		return append(dst, s), nil
	}}
	for _, read := range []func(int32) (Process, error){m.read, nil} {
		f.Process = read
		p, err := New(t.Context(), Options{Fake: f, Log: quiet()})
		check(t, err)
		p.poll(t.Context())
		p.Read(func(table *Table) {
			c, ok := table.Get(1)
			if !ok || (c.Owner != nil) != (read != nil) || table.Status().Source != string(SourceFake) || !table.Status().Complete {
				t.Errorf("row %+v, status %+v", c, table.Status())
			}
		})
		check(t, p.source.Close())
	}
}
