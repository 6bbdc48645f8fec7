package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/views"
)

// The pace of tries: so many at once, and one more each tryEvery. A result is told for as long as tryAge, while the
// sockets of the port stay the same; of at most maxTries ports.
const (
	tryBurst = 10
	tryEvery = time.Second
	tryAge   = time.Minute
	maxTries = 64
)

// tries binds ports for those who ask for it, one at a time, and remembers for a while what came of it.
type tries struct {
	bind func(ctx context.Context, port uint16, protocol string, noIPv6 bool) []ports.Outcome

	busy sync.Mutex // one try at a time: two would be in each other's way

	mu     sync.Mutex // guards the fields below
	spare  int
	filled time.Time
	last   map[occupancy.Key]tried
}

// tried is what came of a try.
type tried struct {
	at       time.Time
	sockets  string // that had the port then
	outcomes []ports.Outcome
}

func newTries() *tries {
	return &tries{bind: ports.Try, spare: tryBurst, filled: time.Now(), last: make(map[occupancy.Key]tried)}
}

// admit counts a try in; ok is false where there were too many, and wait is in how long there is room.
func (t *tries) admit(now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if more := int(now.Sub(t.filled) / tryEvery); more > 0 {
		t.spare, t.filled = min(tryBurst, t.spare+more), t.filled.Add(time.Duration(more)*tryEvery)
	}
	if t.spare == 0 {
		return tryEvery - now.Sub(t.filled), false
	}
	t.spare--
	return 0, true
}

// run binds the ports of the answers, which are not told of the outcome yet.
func (t *tries) run(ctx context.Context, answers []*occupancy.Answer) map[occupancy.Key]tried {
	t.busy.Lock()
	defer t.busy.Unlock()
	results := make(map[occupancy.Key]tried)
	for _, a := range answers {
		outcomes := t.bind(ctx, a.Port, a.Protocol.String(), a.Rules.NoIPv6)
		results[a.Key] = tried{at: time.Now(), outcomes: outcomes}
	}
	return results
}

// keep remembers what came of tries, for answers that were made after them.
func (t *tries) keep(answers []*occupancy.Answer, results map[occupancy.Key]tried) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range answers {
		r, ok := results[a.Key]
		if !ok || len(r.outcomes) == 0 {
			continue
		}
		if len(t.last) >= maxTries {
			clear(t.last)
		}
		r.sockets = socketsOf(a)
		t.last[a.Key] = r
	}
}

// apply puts the last try in place of the prediction, where it is young and the sockets of the port are still those.
func (t *tries) apply(a *occupancy.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.last[a.Key]
	if !ok {
		return
	}
	if a.Now.Sub(r.at) > tryAge || r.sockets != socketsOf(a) {
		delete(t.last, a.Key)
		return
	}
	a.Try(r.outcomes, r.at)
}

// socketsOf names the sockets that could keep a port from being bound.
func socketsOf(a *occupancy.Answer) string {
	var b strings.Builder
	for _, rows := range [...][]poller.Connection{a.Listeners, a.Bound, a.Outgoing, a.Left, a.Resting} {
		for i := range rows {
			fmt.Fprintf(&b, "%x ", rows[i].ID)
		}
	}
	return b.String()
}

// tryPort binds the ports of a page, or says in its Notice why it does not, with the status of the answer. A table that
// tells otherwise than the try is read once more: what it has may be as old as one interval.
func (s *Site) tryPort(c echo.Context, page *views.PortAnswer) (status int, err error) {
	if site := c.Request().Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		page.Notice = "Another page led here, so nothing was bound. Press the button to have it tried."
		return http.StatusForbidden, nil
	}
	if wait, ok := s.tries.admit(time.Now()); !ok {
		page.Notice = fmt.Sprintf("Nothing was bound: ports were tried too often. Try again in %d s.", int((wait+time.Second-1)/time.Second))
		c.Response().Header().Set("Retry-After", fmt.Sprint(int((wait+time.Second-1)/time.Second)))
		return http.StatusTooManyRequests, nil
	}
	ctx := c.Request().Context()
	results := s.tries.run(ctx, page.Answers)
	if slices.ContainsFunc(page.Answers, func(a *occupancy.Answer) bool { return disagrees(a, results[a.Key].outcomes) }) {
		select {
		case <-time.After(min(page.Status.Interval, 2*time.Second)):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if err := s.describePort(ctx, page); err != nil {
			return 0, err
		}
	}
	s.tries.keep(page.Answers, results)
	for _, a := range page.Answers {
		a.Now = time.Now()
		s.tries.apply(a)
	}
	return http.StatusOK, nil
}

// disagrees reports whether a try came out otherwise than the table had it.
func disagrees(a *occupancy.Answer, outcomes []ports.Outcome) bool {
	for i, o := range outcomes {
		if i < len(a.Outcomes) && a.Outcomes[i].Place == o.Place && a.Outcomes[i].Reuse == o.Reuse &&
			a.Outcomes[i].Verdict != ports.Perhaps && o.Verdict != ports.Perhaps && a.Outcomes[i].Verdict != o.Verdict {
			return true
		}
	}
	return false
}
