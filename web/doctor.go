package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/diagnose"
	"sockeye/poller"
	"sockeye/views"
)

// doctor runs diagnoses, one at a time, and has the rules over the socket table hear of every poll.
type doctor struct {
	options diagnose.Options // what is contacted
	busy    sync.Mutex       // held by the diagnosis that runs

	refusals diagnose.Refusals // heard of since the rules were first applied

	mu    sync.Mutex // guards what is below; taken after the table's lock, where both are
	watch *diagnose.Watch
	found []diagnose.Finding // by the rules, at a moment
	at    time.Time          // zero before the first
}

// newDoctor returns one whose rules know no socket yet.
func newDoctor() *doctor { return &doctor{watch: diagnose.NewWatch()} }

// observe tells the rules of a poll.
func (d *doctor) observe(delta *poller.Delta) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch.Apply(delta)
}

// judge applies the rules to the table as it is. What they want to know beside it is read while nothing is locked.
func (d *doctor) judge(read func(func(*poller.Table))) []diagnose.Finding {
	var want diagnose.Wants
	read(func(t *poller.Table) {
		d.mu.Lock()
		defer d.mu.Unlock()
		want = d.watch.Wants(t)
	})
	facts := diagnose.FactsNow(want, &d.refusals)
	var found []diagnose.Finding
	read(func(t *poller.Table) {
		d.mu.Lock()
		defer d.mu.Unlock()
		found = d.watch.Findings(t, facts)
		d.found, d.at = found, time.Now()
	})
	return found
}

// lately returns what the rules found, where that is not too long ago.
func (d *doctor) lately(age time.Duration) (found []diagnose.Finding, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found, !d.at.IsZero() && time.Since(d.at) < age
}

// tableFindings brings the table up to date and applies the rules to it.
func (s *Site) tableFindings(ctx context.Context) ([]diagnose.Finding, error) {
	if err := s.fresh(ctx, func(*poller.Table) {}); err != nil {
		return nil, err
	}
	return s.doctor.judge(s.poller.Read), nil
}

// findingsAge is how old findings may be that somebody sees in passing: many who look cost no more than one.
const findingsAge = 4 * time.Second

// findingsNow returns what the rules find in the table as it is, without asking for a poll.
func (s *Site) findingsNow() []diagnose.Finding {
	if found, ok := s.doctor.lately(findingsAge); ok {
		return found
	}
	return s.doctor.judge(s.poller.Read)
}

// worstFinding handles GET /diagnosis/worst: the line that the dashboard shows of what the rules find.
func (s *Site) worstFinding(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return s.render(c, http.StatusOK, views.WorstPart(s.findingsNow()))
}
