package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/access"
)

// guard holds the rules against every request, behind the router and before every handler.
type guard struct {
	book   ruleBook
	routes map[routeKey]bool // those that the router has
	busy   counter
	log    *slog.Logger
}

// newGuard returns the guard of some rules; learn tells it the routes.
func newGuard(rules []Rule, log *slog.Logger) *guard {
	return &guard{book: newRuleBook(rules), routes: map[routeKey]bool{}, log: log, busy: counter{n: map[string]int{}}}
}

// learn notes the routes there are, and complains of those that no rule has: they are answered to nobody.
func (g *guard) learn(routes []*echo.Route) {
	for _, r := range routes {
		key := routeKey{r.Method, r.Path}
		g.routes[key] = true
		if _, known := g.book[key]; !known {
			g.log.Error("this address has no rule that says who may call it, so nobody may", "method", r.Method, "pattern", r.Path)
		}
	}
}

// rule returns the rule of a request that the router has found a place for. Where it found none, the request is let
// through to the router's refusal, but to those only who may see anything.
func (g *guard) rule(c echo.Context) (Rule, error) {
	key := routeKey{c.Request().Method, c.Path()}
	if r, known := g.book[key]; known && g.routes[key] {
		return r, nil
	}
	if g.routes[key] {
		return Rule{}, echo.NewHTTPError(http.StatusForbidden, "Nobody may call this address: no rule says who.")
	}
	return Rule{Least: access.Viewer, Body: 1 << 62}, nil
}

// middleware lets requests through that a rule allows.
func (g *guard) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		rule, err := g.rule(c)
		if err != nil {
			return err
		}
		r := c.Request()
		caller := access.Of(r.Context())
		if err := rule.allows(caller, r); err != nil {
			if caller.Role == access.Nobody {
				c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="sockeye"`)
			}
			return err
		}
		if r.ContentLength > rule.Body {
			closeAfter(c)
			return errBodyTooLarge(rule.Body)
		}
		if r.Body != nil && r.ContentLength != 0 {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, rule.Body)
		}
		if rule.View && caller.Role != access.Owner && !caller.Session.TakeView(time.Now()) {
			c.Response().Header().Set("Retry-After", "1")
			return echo.NewHTTPError(http.StatusTooManyRequests, "You ask for too many views. Try again in a second.")
		}
		if rule.AtOnce == 0 || caller.Role == access.Owner {
			return next(c)
		}
		key := rule.Pattern + " " + clientOf(caller, r)
		if !g.busy.add(key, rule.AtOnce) {
			c.Response().Header().Set("Retry-After", "5")
			return echo.NewHTTPError(http.StatusTooManyRequests,
				fmt.Sprintf("You have %d of these open already; close one first.", rule.AtOnce))
		}
		defer g.busy.remove(key)
		return next(c)
	}
}

// clientOf names who shares a limit: a session, and without one an address.
func clientOf(caller access.Caller, r *http.Request) string {
	if caller.Session != nil {
		return caller.Session.ID
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return addr.Addr().String()
}

// allows refuses a caller whose role is too small, with the sentence for them.
func (r Rule) allows(caller access.Caller, req *http.Request) error {
	least := r.Least
	if len(r.OwnerParams) > 0 {
		query := req.URL.Query()
		if slices.ContainsFunc(r.OwnerParams, query.Has) {
			least = access.Owner
		}
	}
	switch {
	case caller.Role >= least:
		return nil
	case caller.Role == access.Nobody && caller.Why != "":
		return echo.NewHTTPError(http.StatusUnauthorized, caller.Why)
	case caller.Role == access.Nobody:
		return echo.NewHTTPError(http.StatusUnauthorized, "This needs a link from the owner of this machine.")
	case caller.Session != nil && caller.Session.Role >= least:
		return echo.NewHTTPError(http.StatusForbidden, "This is for the owner alone, and not over plain HTTP from another machine.")
	}
	return echo.NewHTTPError(http.StatusForbidden, "This is for the owner of this machine alone.")
}

// counter counts what is under way, by name.
type counter struct {
	mu sync.Mutex // guards n
	n  map[string]int
}

// add counts one more, unless there are as many as limit.
func (c *counter) add(key string, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[key] >= limit {
		return false
	}
	c.n[key]++
	return true
}

// remove counts one less.
func (c *counter) remove(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[key]--; c.n[key] <= 0 {
		delete(c.n, key)
	}
}
