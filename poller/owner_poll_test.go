package poller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// scene is a Poller over a fake machine whose sockets and processes the test changes between polls.
type scene struct {
	*Poller
	t *testing.T
	*machine
	dump    []Socket
	changed map[ID]int // how often the last poll named each row
}

// stage makes a scene.
func stage(t *testing.T, programs ...*program) *scene {
	s := &scene{t: t, machine: host(programs...)}
	var none error
	s.Poller = fake(lists(&s.dump, &none), s.finder(), Options{Observe: func(d *Delta) {
		s.changed = map[ID]int{}
		for _, c := range slices.Concat(d.Opened, d.Changed) {
			s.changed[c.ID]++
		}
	}})
	return s
}

// want polls, and checks the owner of a row and that the observer was told of it as often as it must.
func (s *scene) want(step string, id ID, pid int32, note OwnerNote, times int) *Connection {
	s.t.Helper()
	s.poll(s.t.Context())
	c, ok := s.table.Get(id)
	if !ok {
		s.t.Fatalf("%s: no row %v", step, id)
	}
	if c.OwnerNote != note || (c.Owner != nil) != (pid != 0) || c.Owner != nil && c.Owner.PID != pid {
		s.t.Errorf("%s: owner %v, %q; want process %d, %q", step, c.Owner, c.OwnerNote, pid, note)
	}
	if s.changed[id] != times {
		s.t.Errorf("%s: told %d times of row %v, want %d", step, s.changed[id], id, times)
	}
	return c
}

// A program that is renamed is another value, and its rows change; the old value stays as it was.
func TestOwnerRenamed(t *testing.T) {
	s := stage(t, holds(10, 1))
	s.dump = []Socket{tcp4(1, StateListen, "127.0.0.1:80", "")}
	before := s.want("first", 1, 10, OwnerKnown, 1).Owner
	s.want("nothing happened", 1, 10, OwnerKnown, 0)
	s.processes[10].Name = "renamed"
	after := s.want("renamed", 1, 10, OwnerKnown, 1).Owner
	if before == after || before.Name != "program 10" || after.Name != "renamed" {
		t.Errorf("%v became %v", before, after)
	}
}

// When the parent ends, the child that has its socket is the owner; when that ends too, nobody is found.
func TestOwnerInherited(t *testing.T) {
	s := stage(t, holds(10, 1), holds(20, 1))
	s.dump = []Socket{tcp4(1, StateListen, "127.0.0.1:80", "")}
	s.want("both live", 1, 10, OwnerKnown, 1)
	delete(s.processes, 10)
	s.want("the parent ended", 1, 20, OwnerKnown, 1)
	delete(s.processes, 20)
	s.want("the child ended", 1, 0, OwnerNotFound, 1)
	s.want("still nobody", 1, 0, OwnerNotFound, 0)
}

// An inode number that is used again belongs to its new holder, whether the old socket is gone or only closed.
//
//attack:k3
func TestOwnerOfReusedInode(t *testing.T) {
	for name, becomes := range map[string][]Socket{
		"gone":   nil,
		"closed": {withInode(tcp4(1, StateFinWait2, "127.0.0.1:80", "127.0.0.1:5000"), 0)},
	} {
		t.Run(name, func(t *testing.T) {
			s := stage(t, holds(10, 7), holds(20))
			s.dump = []Socket{withInode(tcp4(1, StateEstablished, "127.0.0.1:80", "127.0.0.1:5000"), 7)}
			s.want("first", 1, 10, OwnerKnown, 1)
			s.processes[10].sockets, s.processes[20].sockets = nil, []uint32{7}
			s.dump = append(becomes, withInode(tcp4(2, StateEstablished, "127.0.0.1:81", "127.0.0.1:5001"), 7))
			s.want("used again", 2, 20, OwnerKnown, 1)
		})
	}
}

// withInode gives a socket another inode.
func withInode(s Socket, inode uint32) Socket {
	s.Inode = inode
	return s
}

// A connection is looked for first where its listener lives, though that is the last of many processes.
func TestOwnerHints(t *testing.T) {
	s := stage(t)
	for pid := int32(1); pid <= 100; pid++ {
		s.processes[pid] = holds(pid)
	}
	s.processes[100].sockets = []uint32{1, 2}
	listener := tcp4(1, StateListen, "0.0.0.0:80", "")
	s.dump = []Socket{listener}
	s.want("listener", 1, 100, OwnerKnown, 1)
	s.walked()
	s.dump = []Socket{listener, tcp4(2, StateEstablished, "192.0.2.1:80", "192.0.2.2:5000")}
	s.want("accepted", 2, 100, OwnerKnown, 1)
	if got := s.walked(); !slices.Equal(got, []int32{100}) {
		t.Errorf("walked %v, want the listener's process alone", got)
	}
}

// A connection that waits to be accepted says so, is looked for when it has an inode, and keeps its owner after it.
func TestOwnerOverALife(t *testing.T) {
	s := stage(t, holds(10, 1))
	listener := tcp4(1, StateListen, "0.0.0.0:80", "")
	c := tcp4(2, StateSynReceived, "192.0.2.1:80", "192.0.2.2:5000")
	s.dump = []Socket{listener, withInode(c, 0)}
	s.want("not answered", 2, 0, OwnerPending, 1)
	c.State = StateEstablished
	s.dump = []Socket{listener, withInode(c, 0)}
	s.want("not accepted", 2, 0, OwnerPending, 1)
	s.processes[10].sockets = []uint32{1, 2}
	s.dump = []Socket{listener, c}
	s.want("accepted", 2, 10, OwnerKnown, 1)
	c.State = StateCloseWait
	s.dump = []Socket{listener, withInode(c, 0)}
	s.want("nobody holds it", 2, 10, OwnerNone, 1)
	c.State = StateTimeWait
	s.dump = []Socket{listener, withInode(c, 0)}
	s.want("closed", 2, 10, OwnerNone, 1)
	if n := len(s.table.unowned); n != 0 {
		t.Errorf("%d rows are looked for, though they have no owner any more", n)
	}
	delete(s.processes, 10)
	s.want("its process ended", 2, 10, OwnerNone, 0)
}

// forgetWaits lets everything that was not found be looked for at the next poll.
func (s *scene) forgetWaits() {
	misses := s.owners.(*inodeOwners).misses
	for inode, m := range misses {
		m.next = m.next.Add(-lastRetry)
		misses[inode] = m
	}
}

// A row whose owner stays unknown, but for another reason, is told.
func TestOwnerNoteChanges(t *testing.T) {
	s := stage(t, holds(10, 1))
	s.processes[10].forbidden = true
	s.dump = []Socket{tcp4(1, StateListen, "127.0.0.1:80", "")}
	s.want("forbidden", 1, 0, OwnerForbidden, 1)
	delete(s.processes, 10)
	s.forgetWaits()
	s.want("not found", 1, 0, OwnerNotFound, 1)
}

// What cannot be found now is found later without any change of its socket, and the row changes then.
func TestOwnerFoundLater(t *testing.T) {
	s := stage(t, holds(10))
	s.dump = []Socket{tcp4(1, StateListen, "127.0.0.1:80", "")}
	s.want("nobody has it", 1, 0, OwnerNotFound, 1)
	s.processes[10].sockets = []uint32{1}
	s.want("too early to look again", 1, 0, OwnerNotFound, 0)
	s.forgetWaits()
	s.want("looked again", 1, 10, OwnerKnown, 1)
	if n := len(s.table.unowned); n != 0 {
		t.Errorf("%d rows are still looked for", n)
	}
}

// Nothing is remembered of sockets that are gone.
func TestOwnersForget(t *testing.T) {
	s := stage(t, holds(10))
	for i := range 100 {
		inode := uint32(i + 1)
		if i%2 == 0 {
			s.processes[10].sockets = []uint32{inode}
		}
		s.dump = []Socket{tcp4(ID(inode), StateListen, "127.0.0.1:80", "")}
		s.poll(t.Context())
	}
	s.dump = nil
	s.poll(t.Context())
	o := s.owners.(*inodeOwners)
	if len(o.byInode)+len(o.misses)+len(s.table.unowned) != 0 {
		t.Errorf("remembered: %v, %v, %v", o.byInode, o.misses, s.table.unowned)
	}
}

// A process that ends takes its sockets with it: they are not looked for any more.
func TestOwnersOfAProcessThatEnds(t *testing.T) {
	s := stage(t, holds(10, 1, 2), holds(20, 3))
	s.dump = []Socket{tcp4(3, StateListen, "127.0.0.1:83", ""), tcp4(1, StateListen, "127.0.0.1:81", ""),
		tcp4(2, StateEstablished, "127.0.0.1:81", "127.0.0.1:5000")}
	s.want("both live", 2, 10, OwnerKnown, 1)
	s.walked()
	delete(s.processes, 10)
	s.dump = append(s.dump[:1:1], withInode(tcp4(2, StateTimeWait, "127.0.0.1:81", "127.0.0.1:5000"), 0))
	s.want("one ended", 2, 10, OwnerNone, 1)
	s.want("it stays ended", 3, 20, OwnerKnown, 0)
	if got := s.walked(); len(got) != 0 {
		t.Errorf("walked %v for sockets that are gone", got)
	}
	if o := s.owners.(*inodeOwners); len(o.misses) != 0 || len(o.byInode) != 1 {
		t.Errorf("remembered: %v, %v", o.byInode, o.misses)
	}
}

// The words for a hostile name are the name: nothing in it is taken for anything else on the way to the row.
func TestOwnerNameIsKept(t *testing.T) {
	for _, name := range []string{"", "<img src=x onerror=alert(1)>", "a ) b", "two\nlines", "\xff\xfe", "\u202egnp.exe", strings.Repeat("x", maxName)} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			s := stage(t, holds(10, 1))
			s.processes[10].Name = name
			s.dump = []Socket{tcp4(1, StateListen, "127.0.0.1:80", "")}
			if c := s.want("first", 1, 10, OwnerKnown, 1); c.Owner.Name != name {
				t.Errorf("name %q", c.Owner.Name)
			}
		})
	}
}
