package actions

import (
	"sync"
	"time"
)

// The pace of acts: one in apart, and most in within.
const (
	apart  = time.Second
	within = time.Minute
	most   = 30
)

// pace keeps acts apart, whoever orders them.
type pace struct {
	now func() time.Time

	mu   sync.Mutex
	last []time.Time // the last acts, oldest first; at most most
}

// check says why it is too early for another act.
func (p *pace) check() *Refusal {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, n := p.now(), len(p.last)
	if n > 0 && now.Sub(p.last[n-1]) < apart {
		return refuse(TooOften, "Something was ended a moment ago. Wait a second.", nil)
	}
	if n == most && now.Sub(p.last[0]) < within {
		return refuse(TooOften, "30 things were ended in the last minute. Wait a while.", nil)
	}
	return nil
}

// count notes an act, and returns the moment.
func (p *pace) count() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.last) == most {
		p.last = append(p.last[:0], p.last[1:]...)
	}
	p.last = append(p.last, p.now())
	return p.last[len(p.last)-1]
}
