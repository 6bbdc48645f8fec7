package workload

import (
	"sync"
	"time"

	"sockeye/poller"
)

// The bounds of what is remembered: samples of so many processes, so many of each, so far apart. A process that was not
// looked at for keep is forgotten.
const (
	maxSeries  = 512
	maxSamples = 60
	apart      = 5 * time.Second
	cpuApart   = time.Second
	cpuSpan    = 10 * time.Second
	keep       = 10 * time.Minute
)

// A count grows where it has not fallen in at least minSamples samples, has risen by minRise and by a twentieth, and did
// so in the later half of them.
const (
	minSamples = 4
	minRise    = 3
)

// Trend is a count that has grown and never fallen.
type Trend struct {
	From, To uint64
	Over     time.Duration
}

// Vitals is what was read of a process. A nil is not known.
type Vitals struct {
	Descriptors *uint64
	CPU         *time.Duration
}

// Signs is what samples tell of a process.
type Signs struct {
	// CloseWait and Descriptors are set where they grow.
	CloseWait, Descriptors *Trend
	// CPU is how much of one processor it has used over the last ten seconds at the most, 1 for all of it; nil until
	// that is known.
	CPU *float64
}

// Memory remembers how many connections in CLOSE_WAIT processes had, which it hears of from the poller, and what was read
// of those that somebody looks at. Make it with [NewMemory]; its methods may be called by several goroutines.
type Memory struct {
	mu      sync.Mutex
	waiting map[poller.ID]Key // the connections in CLOSE_WAIT
	series  map[Key]*series
	sampled time.Time
}

// series is what is remembered of one process.
type series struct {
	waiting               uint64
	closeWait, descriptor []sample
	cpu                   []cpuSample
	seen                  time.Time
}

// sample is a count at a moment.
type sample struct {
	at    time.Time
	count uint64
}

// cpuSample is the time worked by a moment.
type cpuSample struct {
	at   time.Time
	used time.Duration
}

// NewMemory returns a Memory of nothing.
func NewMemory() *Memory { return &Memory{waiting: map[poller.ID]Key{}, series: map[Key]*series{}} }

// Observe takes in what a poll changed. now carries the monotonic clock.
func (m *Memory) Observe(d *poller.Delta, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rows := range [...][]*poller.Connection{d.Opened, d.Changed} {
		for _, c := range rows {
			m.place(c)
		}
	}
	for _, c := range d.Closed {
		m.leave(c.ID)
	}
	if d.Stale != "" || now.Sub(m.sampled) < apart {
		return
	}
	m.sampled = now
	for k, s := range m.series {
		if s.waiting > 0 || len(s.closeWait) > 0 {
			s.closeWait = add(s.closeWait, sample{now, s.waiting})
		}
		if s.waiting == 0 && now.Sub(s.seen) > keep {
			delete(m.series, k)
		}
	}
}

// place notes whether a row is in CLOSE_WAIT, and whose.
func (m *Memory) place(c *poller.Connection) {
	before, was := m.waiting[c.ID]
	is := c.State == poller.StateCloseWait && c.Owner != nil
	switch {
	case was && is && before == KeyOf(c.Owner):
		return
	case was:
		m.leave(c.ID)
	}
	if !is {
		return
	}
	if s := m.of(KeyOf(c.Owner), time.Time{}); s != nil {
		s.waiting++
		m.waiting[c.ID] = KeyOf(c.Owner)
	}
}

// leave notes that a row is not in CLOSE_WAIT any more.
func (m *Memory) leave(id poller.ID) {
	k, was := m.waiting[id]
	if !was {
		return
	}
	delete(m.waiting, id)
	if s := m.series[k]; s != nil && s.waiting > 0 {
		s.waiting--
	}
}

// of returns what is remembered of a process, in place of one that has nothing in CLOSE_WAIT and was not looked at for the
// longest where there are too many; nil where all have.
func (m *Memory) of(k Key, now time.Time) *series {
	s := m.series[k]
	if s == nil && len(m.series) >= maxSeries {
		m.makeRoom()
	}
	if s == nil && len(m.series) < maxSeries {
		s = &series{seen: now}
		m.series[k] = s
	}
	return s
}

// makeRoom forgets one process.
func (m *Memory) makeRoom() {
	var oldest Key
	var at time.Time
	found := false
	for k, s := range m.series {
		if s.waiting == 0 && (!found || s.seen.Before(at)) {
			oldest, at, found = k, s.seen, true
		}
	}
	if found {
		delete(m.series, oldest)
	}
}

// Look takes in what was read of a process that somebody looks at, and tells what grows. now carries the monotonic clock.
func (m *Memory) Look(k Key, v Vitals, now time.Time) Signs {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(k, now)
	if s == nil {
		return Signs{}
	}
	s.seen = now
	if v.Descriptors != nil && due(s.descriptor, now) {
		s.descriptor = add(s.descriptor, sample{now, *v.Descriptors})
	}
	signs := Signs{CloseWait: trend(s.closeWait), Descriptors: trend(s.descriptor)}
	if v.CPU != nil {
		signs.CPU = s.work(cpuSample{now, *v.CPU})
	}
	return signs
}

// work notes the time worked, and returns the share since the first sample that is kept.
func (s *series) work(now cpuSample) *float64 {
	for len(s.cpu) > 1 && now.at.Sub(s.cpu[0].at) > cpuSpan {
		s.cpu = append(s.cpu[:0], s.cpu[1:]...)
	}
	var share *float64
	if len(s.cpu) > 0 {
		if first := s.cpu[0]; now.at.Sub(first.at) >= cpuApart && now.used >= first.used {
			used := now.used - first.used
			part := used.Seconds() / now.at.Sub(first.at).Seconds()
			share = &part
		}
	}
	if n := len(s.cpu); n == 0 || now.at.Sub(s.cpu[n-1].at) >= cpuApart {
		s.cpu = append(s.cpu, now)
	}
	return share
}

// due reports whether it is time for another sample.
func due(all []sample, now time.Time) bool {
	return len(all) == 0 || now.Sub(all[len(all)-1].at) >= apart
}

// add adds a sample, in place of the oldest where there are too many.
func add(all []sample, s sample) []sample {
	if len(all) == maxSamples {
		all = append(all[:0], all[1:]...)
	}
	return append(all, s)
}

// trend returns how a count has grown since it last fell, nil where it does not grow.
func trend(all []sample) *Trend {
	from := len(all) - 1
	for from > 0 && all[from-1].count <= all[from].count {
		from--
	}
	if len(all)-from < minSamples {
		return nil
	}
	first, last := all[from], all[len(all)-1]
	rise := last.count - first.count
	still := last.count == all[from+(len(all)-from)/2].count
	if still || rise < minRise || rise < first.count/20 {
		return nil
	}
	return &Trend{From: first.count, To: last.count, Over: last.at.Sub(first.at)}
}
