package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sockeye/poller/sockdiag"
)

// maxGap is how many intervals may lie between two polls for which rates and opening times are still told.
const maxGap = 3

// poll lists the sockets once, brings the table up to date and tells the observer. A list that is not whole changes
// no row.
func (p *Poller) poll(ctx context.Context) {
	start := time.Now()
	p.attempted = p.clock.running.at(start)
	lost := p.takeEndings() // before the dump: what ended by now is not in it, or in TIME_WAIT
	next, err := p.source.sockets(ctx, p.dump[:0])
	p.dump = next
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		p.pace.took(time.Since(start))
		p.fail(err, start)
		return
	}
	p.take(ctx, next, lost, start)
}

// fail notes that a poll gave no whole table.
func (p *Poller) fail(err error, start time.Time) {
	if !p.failing {
		p.log.Warn("poll failed, rows are stale", "error", err)
	}
	p.failing = true
	p.mu.Lock()
	p.table.status.Interval = p.pace.interval
	p.table.status.Complete, p.table.status.Flow = false, Flow{}
	p.table.status.Stale = staleBecause(err)
	p.table.status.Notes = p.notes(start.Round(0))
	d := Delta{Status: p.table.status}
	p.mu.Unlock()
	p.tell(&d)
}

// staleBecause says for the reader why a poll gave no whole table.
func staleBecause(err error) string {
	if errors.Is(err, sockdiag.ErrInterrupted) {
		return fmt.Sprintf("Only a part of the sockets could be read: they changed too fast in %d tries. The rows are those of the last whole look.", dumpTries)
	}
	return fmt.Sprintf("The last look at the sockets failed: %v.", err)
}

// dumpTries is how often a dump that the kernel's table changed under is asked for before the poll is given up.
const dumpTries = 4

// take brings the table to the state of a whole dump.
func (p *Poller) take(ctx context.Context, next []Socket, lost uint64, at time.Time) {
	if p.failing {
		p.log.Warn("polls work again")
	}
	p.failing = false
	elapsed, set := p.elapsed(p.attempted)
	u := update{next: next, change: p.differ.diff(p.table, next), at: at.Round(0), elapsed: elapsed,
		own: p.own.get(at.Round(0)), owners: p.owners, users: p.users.name}
	p.forgetClosed(next, &u.change)
	astray := newAstray(p.owners.verify())
	p.seekOwners(ctx, &u, astray, at)
	p.nameUsers(&u)
	took := time.Since(at)
	p.pace.took(took)
	p.mu.Lock()
	var all []*Connection
	if set != 0 {
		all = p.table.rebase(set)
	}
	p.zones.refresh(u.at)
	p.table.begin(elapsed, p.source.name() != SourceGopsutil)
	ended := p.table.end(p.ends, p.zones.name)
	p.ends = p.ends[:0]
	p.table.leave(u.change.Closed)
	p.table.ephemeral = p.ports.get(u.at)
	d := p.table.apply(&u)
	p.table.keepClosed(d.Closed)
	d.Ended, d.Changed = ended, p.table.settle(ended, d.Changed)
	d.Changed = p.table.reown(p.owners, astray, d.Changed)
	m := &p.table.memory
	m.opened, m.changed, m.closed = d.Opened, d.Changed, d.Closed
	p.table.flowed(&d)
	p.setStatus(u.at, took, elapsed == 0)
	if set != 0 {
		p.log.Warn("the clock was set", "by", set)
		d.ClockSet = true
		d.Changed = standing(p.table, all)
	}
	p.countEndings(len(ended), lost)
	d.Status = p.table.status
	p.mu.Unlock()
	p.tell(&d)
}

// nameUsers looks the names of users up before the table is locked: a directory service may be slow to answer.
func (p *Poller) nameUsers(u *update) {
	p.users.refresh(u.at)
	for _, list := range [...][]int{u.change.Opened, u.change.Changed} {
		for _, i := range list {
			if s := &u.next[i]; s.Known.Has(KnownUID) {
				p.users.name(s.UID)
			}
		}
	}
}

// standing returns those of the rows that are in the table.
func standing(t *Table, rows []*Connection) []*Connection {
	return slices.DeleteFunc(rows, func(c *Connection) bool { return t.rowOf(c.ID) != c })
}

// forgetClosed drops what is remembered of inodes that no socket has any more, before their numbers are used again.
func (p *Poller) forgetClosed(next []Socket, change *Change) {
	for _, id := range change.Closed {
		if c, ok := p.table.Get(id); ok {
			p.owners.forget(&c.Socket)
		}
	}
	for _, i := range change.Changed {
		if c, ok := p.table.Get(next[i].ID); ok && c.Inode != next[i].Inode {
			p.owners.forget(&c.Socket)
		}
	}
}

// elapsed returns the real time from the last whole poll to the start of this one, and 0 where there was none or it is too long ago; and by
// how much the wall clock was set meanwhile.
func (p *Poller) elapsed(at moment) (elapsed, set time.Duration) {
	elapsed, set = p.clock.tick(at)
	if elapsed > maxGap*p.pace.interval {
		elapsed = 0
	}
	return elapsed, set
}

// lossShown is how long the page speaks of endings that were lost.
const lossShown = time.Minute

// countEndings notes how many connections ended, and how many ends were lost since the start.
func (p *Poller) countEndings(ended int, lost uint64) {
	s := &p.table.status
	s.Ended += uint64(ended)
	if lost > s.EndingsLost {
		p.lossNoted = s.At
	}
	s.EndingsLost, s.EndingsInterrupted = lost, p.interruptions
	s.Notes = p.notes(s.At)
}

// notes returns what the reader is told about the table as it is now.
func (p *Poller) notes(at time.Time) []string {
	notes := p.source.notes()
	if p.pace.stretched() {
		notes = append(notes, fmt.Sprintf("A look at all sockets takes long on this machine; they are read every %v.", p.pace.interval))
	}
	if lost := p.table.status.EndingsLost; lost > 0 && at.Sub(p.lossNoted) < lossShown {
		notes = append(notes, fmt.Sprintf("The ends of %d connections were not heard of: too many ended at once.", lost))
	}
	if p.deaf {
		notes = append(notes, deafNote)
	}
	return notes
}

// setStatus notes a whole poll.
func (p *Poller) setStatus(at time.Time, took time.Duration, gap bool) {
	s := &p.table.status
	s.Seq++
	s.Took = took
	partial, ok := p.source.(partialSource)
	s.At, s.Complete, s.Stale = at, !ok || !partial.partial(), ""
	s.Interval = p.pace.interval
	s.Gap = gap && s.Seq > 1
	p.table.history.add(Sample{At: at, Counts: s.Counts, Flow: s.Flow, Gap: s.Gap})
}

func (p *Poller) tell(d *Delta) {
	if p.observe != nil {
		p.observe(d)
	}
}

// seekOwners looks for the owners of sockets that are new, that got another inode, whose owner is gone and whose
// owner was not found before, but not of those that have just been closed. Reading the table needs no lock here: only
// this goroutine changes it.
func (p *Poller) seekOwners(ctx context.Context, u *update, a astray, now time.Time) {
	wanted := p.wanted[:0]
	for _, list := range [...][]int{u.change.Opened, u.change.Changed} {
		for _, i := range list {
			wanted = append(wanted, &u.next[i])
		}
	}
	for id, c := range p.table.unowned {
		if p.differ.stands(p.table.index[id]) {
			wanted = append(wanted, &c.Socket)
		}
	}
	if a.any() {
		for slot, c := range p.table.slots {
			if c != nil && a.has(c) && p.differ.stands(int32(slot)) {
				wanted = append(wanted, &c.Socket)
			}
		}
	}
	p.wanted = wanted
	p.owners.find(ctx, wanted, p.table.owningPIDs, now)
}

// owningPIDs returns the processes that most likely hold the wanted sockets: those that listen where one of them has
// its local end.
func (t *Table) owningPIDs(wanted []*Socket) []int32 {
	ports := map[uint16]bool{}
	for _, s := range wanted {
		if s.Protocol == TCP && s.Inode != 0 && t.listeners.accepts(s) {
			ports[s.Local.Port()] = true
		}
	}
	if len(ports) == 0 {
		return nil
	}
	var pids []int32
	for _, c := range t.waiting {
		if c.Owner != nil && ports[c.Local.Port()] {
			pids = append(pids, c.Owner.PID)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// astray is what the owners' verify found: processes that are gone, and inodes that are not where they were.
type astray struct {
	gone map[*Process]bool
	lost map[uint32]bool
}

func newAstray(gone map[*Process]bool, lost map[uint32]bool) astray { return astray{gone, lost} }

// any reports whether there is something to be looked for again.
func (a astray) any() bool { return len(a.gone)+len(a.lost) > 0 }

// has reports whether the row's owner has to be looked for again.
func (a astray) has(c *Connection) bool { return a.gone[c.Owner] || c.Inode != 0 && a.lost[c.Inode] }

// reown asks again for the owners of rows that are looked for and of rows whose owner went astray, and appends those
// that changed to changed.
func (t *Table) reown(owners ownerLookup, a astray, changed []*Connection) []*Connection {
	for _, c := range t.unowned {
		if t.setOwner(c, owners) {
			changed = append(changed, c)
		}
	}
	if !a.any() {
		return changed
	}
	for c := range t.All() {
		if a.has(c) && t.setOwner(c, owners) {
			changed = append(changed, c)
		}
	}
	return changed
}
