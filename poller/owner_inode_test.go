package poller

import (
	"context"
	"slices"
	"testing"
	"time"
)

// start is a moment at which owners are looked for.
var start = time.Unix(1_700_000_000, 0)

// want checks what is known of the owner of an inode of user 1000.
func (o *inodeOwners) want(t *testing.T, inode uint32, pid int32, note OwnerNote) {
	t.Helper()
	p, n := o.owner(of(inode, 1000))
	if n != note || (p != nil) != (pid != 0) || p != nil && p.PID != pid {
		t.Errorf("inode %d: owner %v, %q; want process %d, %q", inode, p, n, pid, note)
	}
}

// seek looks for the owners of inodes of user 1000.
func (o *inodeOwners) seek(now time.Time, hints []int32, inodes ...uint32) {
	var wanted []*Socket
	for _, inode := range inodes {
		wanted = append(wanted, of(inode, 1000))
	}
	o.find(context.Background(), wanted, func([]*Socket) []int32 { return hints }, now)
}

// Owners are found by inode, each process is walked once, and none when nothing is looked for.
func TestInodeOwnersFind(t *testing.T) {
	m := host(holds(10, 100), holds(20, 200, 201), holds(30, 300))
	o := m.finder()
	o.want(t, 100, 0, OwnerUnsought)
	o.seek(start, nil, 100, 201)
	o.want(t, 100, 10, OwnerKnown)
	o.want(t, 201, 20, OwnerKnown)
	o.want(t, 300, 0, OwnerUnsought)
	o.want(t, 0, 0, OwnerNone)
	if got := m.walked(); !slices.Equal(got, []int32{10, 20}) {
		t.Errorf("walked %v, want an end after the last inode was found", got)
	}
	o.seek(start, nil, 100, 201, 0)
	if got := m.walked(); len(got) != 0 {
		t.Errorf("walked %v for what is known", got)
	}
}

// Hints are walked first, and once; where they are enough, nothing else is.
func TestInodeOwnersHints(t *testing.T) {
	m := host(holds(10), holds(20), holds(30, 300), holds(40, 400))
	o := m.finder()
	o.seek(start, []int32{20, 20, 30, 10}, 300)
	if got := m.walked(); !slices.Equal(got, []int32{20, 30}) {
		t.Errorf("walked %v, want the hints up to the one that has it", got)
	}
	o.seek(start, []int32{30, 99}, 400)
	o.want(t, 400, 40, OwnerKnown)
	if got := m.walked(); !slices.Equal(got, []int32{30, 10, 20, 40}) {
		t.Errorf("walked %v, want the hint and then the others", got)
	}
}

// A socket that a process has open twice does not end the walk before its others are seen.
func TestInodeOwnersDuplicates(t *testing.T) {
	m := host(holds(10, 100, 100, 101))
	o := m.finder()
	o.seek(start, nil, 100, 101)
	o.want(t, 100, 10, OwnerKnown)
	o.want(t, 101, 10, OwnerKnown)
}

// What was not found is looked for again, after a wait that doubles up to 30 s, and no more once it was found.
func TestInodeOwnersRetry(t *testing.T) {
	m := host(holds(10))
	o := m.finder()
	now, waits := start, []time.Duration{}
	last := start
	for range 150 {
		o.seek(now, nil, 100)
		if len(m.walked()) > 0 && now != start {
			waits, last = append(waits, now.Sub(last)), now
		}
		o.want(t, 100, 0, OwnerNotFound)
		now = now.Add(time.Second)
	}
	want := []time.Duration{1, 2, 4, 8, 16, 30, 30, 30}
	for i := range want {
		want[i] *= time.Second
	}
	if len(waits) < len(want) || !slices.Equal(waits[:len(want)], want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	m.processes[10].sockets = []uint32{100}
	o.seek(now.Add(lastRetry), nil, 100)
	o.want(t, 100, 10, OwnerKnown)
	m.processes = host(holds(20, 100)).processes
	o.verify()
	o.want(t, 100, 0, OwnerUnsought) // that it was once missed is forgotten
	o.seek(now.Add(lastRetry), nil, 100)
	o.want(t, 100, 20, OwnerKnown)
	o.forget(of(100, 1000))
	o.want(t, 100, 0, OwnerUnsought)
	o.seek(now.Add(lastRetry), nil, 101)
	o.forget(of(101, 1000))
	o.want(t, 101, 0, OwnerUnsought)
}

// A process that ends while it is looked at, or whose PID is another's by then, owns nothing.
func TestInodeOwnersPIDReuse(t *testing.T) {
	for name, happens := range map[string]func(*machine){
		"ended":         func(m *machine) { delete(m.processes, 10) },
		"used again":    func(m *machine) { m.processes[10] = holds(10); m.processes[10].Start = 11 },
		"hidden by now": func(m *machine) { m.processes[10].hidden = true },
	} {
		t.Run(name, func(t *testing.T) {
			m := host(holds(10, 100))
			o := m.finder()
			m.onScan = func(int32) { happens(m) }
			o.seek(start, nil, 100)
			if p, _ := o.owner(of(100, 1000)); p != nil {
				t.Errorf("owner %v", p)
			}
		})
	}
}

// What a process owned is not handed to another one that got its PID since it was verified.
func TestInodeOwnersPIDReuseBetweenVerifyAndFind(t *testing.T) {
	m := host(holds(10, 100), holds(20, 100))
	o := m.finder()
	o.seek(start, nil, 100)
	old, _ := o.owner(of(100, 1000))
	m.processes[10] = holds(10, 300)
	m.processes[10].Start = 11
	o.seek(start, nil, 300)
	if p, _ := o.owner(of(100, 1000)); p != old {
		t.Errorf("owner %v before the end of the old one was told", p)
	}
	if p, _ := o.owner(of(300, 1000)); p != nil {
		t.Errorf("owner %v of a socket that the new one has", p)
	}
	if gone, _ := o.verify(); !gone[old] {
		t.Errorf("gone: %v", gone)
	}
	o.seek(start.Add(firstRetry), nil, 100, 300)
	o.want(t, 100, 20, OwnerKnown)
	o.want(t, 300, 10, OwnerKnown)
}

// A process that ends between the list and the look is passed over.
func TestInodeOwnersEndMeanwhile(t *testing.T) {
	m := host(holds(10), holds(20, 200), holds(30, 300))
	m.onScan = func(int32) { delete(m.processes, 20) }
	o := m.finder()
	o.seek(start, nil, 200, 300)
	o.want(t, 200, 0, OwnerNotFound)
	o.want(t, 300, 30, OwnerKnown)
}

// A walk that met a process that may not be looked at says so of other users' sockets, and of those alone.
func TestInodeOwnersForbidden(t *testing.T) {
	for name, shut := range map[string]func(*program){
		"descriptors": func(p *program) { p.forbidden = true },
		"all of it":   func(p *program) { p.hidden = true },
	} {
		for _, hints := range [][]int32{nil, {10}} {
			t.Run(name, func(t *testing.T) {
				m := host(holds(10, 100), holds(20, 200))
				shut(m.processes[10])
				o := m.finder()
				o.seek(start, hints, 100, 200)
				o.want(t, 100, 0, OwnerNotFound)
				o.want(t, 200, 20, OwnerKnown)
				for _, s := range []*Socket{of(100, 0), {Inode: 100}} {
					if p, note := o.owner(s); p != nil || note != OwnerForbidden {
						t.Errorf("user %d, known %b: owner %v, %q", s.UID, s.Known, p, note)
					}
				}
				m.processes[10].forbidden, m.processes[10].hidden = false, false
				m.processes[10].sockets = nil
				o.seek(start.Add(time.Minute), nil, 100)
				if _, note := o.owner(of(100, 0)); note != OwnerNotFound {
					t.Errorf("after a walk that was let in everywhere: %q", note)
				}
			})
		}
	}
}

// Without a list of processes everything stays unknown, and is looked for again.
func TestInodeOwnersNoList(t *testing.T) {
	m := host(holds(10, 100))
	m.noList = errBroken
	o := m.finder()
	o.seek(start, nil, 100)
	o.want(t, 100, 0, OwnerNotFound)
	m.noList = nil
	o.seek(start.Add(firstRetry), nil, 100)
	o.want(t, 100, 10, OwnerKnown)
}

// A walk stops when its context ends.
func TestInodeOwnersCutOff(t *testing.T) {
	m := host(holds(10), holds(20), holds(30, 300))
	ctx, cancel := context.WithCancel(t.Context())
	m.onScan = func(int32) { cancel() }
	m.finder().find(ctx, []*Socket{of(300, 1000)}, unhinted, start)
	if got := m.walked(); !slices.Equal(got, []int32{10}) {
		t.Errorf("walked %v after the end of the context", got)
	}
}

// What a process owned is looked for anew when it ended, was replaced or was renamed.
func TestInodeOwnersVerify(t *testing.T) {
	m := host(holds(10, 100), holds(20, 100), holds(30, 300))
	o := m.finder()
	o.seek(start, nil, 100, 300)
	first, _ := o.owner(of(100, 1000))
	if gone, _ := o.verify(); gone != nil {
		t.Errorf("gone: %v, though nothing happened", gone)
	}
	delete(m.processes, 10)
	if gone, _ := o.verify(); len(gone) != 1 || !gone[first] {
		t.Errorf("gone: %v", gone)
	}
	o.want(t, 100, 0, OwnerUnsought)
	o.want(t, 300, 30, OwnerKnown)
	o.seek(start, nil, 100)
	o.want(t, 100, 20, OwnerKnown)
}

// A process whose last socket is gone is read no more after a while; one that still has some is kept as it is.
func TestProcessesWithoutSocketsRetire(t *testing.T) {
	m := host(holds(10, 100), holds(20, 200))
	reads := map[int32]int{}
	o := newInodeOwners(m, func(pid int32) (Process, error) { reads[pid]++; return m.read(pid) }, 1000)
	o.seek(start, nil, 100, 200)
	keeps, _ := o.owner(of(200, 1000))
	o.forget(of(100, 1000))
	m.processes[10].sockets = []uint32{0}
	for range 2 * retireEvery {
		if gone, _ := o.verify(); gone != nil {
			t.Fatalf("gone: %v", gone)
		}
	}
	if reads[10] > retireEvery || reads[20] < 2*retireEvery-1 {
		t.Errorf("read %d and %d times in %d polls", reads[10], reads[20], 2*retireEvery)
	}
	if again, _ := o.owner(of(200, 1000)); again != keeps {
		t.Errorf("owner %v became %v", keeps, again)
	}
	m.processes[10].sockets = []uint32{101}
	o.seek(start, nil, 101)
	o.want(t, 101, 10, OwnerKnown)
}
