package main

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/labstack/echo/v4"

	"sockeye/actions"
	"sockeye/poller"
	"sockeye/server"
	"sockeye/web"
)

// siteRoutes returns the routes of the whole site, as the server gets them.
func siteRoutes(t *testing.T) (routes []string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	p, err := poller.New(t.Context(), poller.Options{Fake: &poller.Fake{}, Interval: poller.DefaultInterval, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	site := web.New(p, log)
	t.Cleanup(site.Close)
	site.AllowActions(actions.New(filepath.Join(t.TempDir(), "log"), log))
	e := echo.New()
	site.Routes(e)
	for _, r := range e.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	slices.Sort(routes)
	return routes
}

// TestEveryRouteHasARule, in server/policy.go, and every rule a route: a page that is added without one is answered to
// nobody, and a rule that is left behind would let the next page of that name out.
func TestEveryRouteHasARule(t *testing.T) {
	var ruled []string
	for _, r := range server.Policy() {
		if name := r.Method + " " + r.Pattern; name != "POST /enter" && name != "GET /enter" { // the server's own
			ruled = append(ruled, name)
		}
	}
	slices.Sort(ruled)
	routes := siteRoutes(t)
	for _, r := range routes {
		if !slices.Contains(ruled, r) {
			t.Errorf("%s has no rule", r)
		}
	}
	for _, r := range ruled {
		if !slices.Contains(routes, r) {
			t.Errorf("the rule of %s has no route", r)
		}
	}
	if len(slices.Compact(ruled)) != len(server.Policy())-2 {
		t.Error("a route has two rules")
	}
}
