package server

import (
	"context"
	"slices"

	"sockeye/access"
)

// The roles of package access, for those who have to do with the server alone.
const (
	Nobody = access.Nobody
	Viewer = access.Viewer
	Owner  = access.Owner
)

// RoleOf returns the role of whoever sent the request with this context; [Nobody] where no server has judged it.
func RoleOf(ctx context.Context) access.Role { return access.RoleOf(ctx) }

// Rule is what one route asks of those who call it.
type Rule struct {
	// Method and Pattern are those that the route was added with. A GET rule holds for HEAD too.
	Method, Pattern string
	// Least is the smallest role that is let through.
	Least access.Role
	// OwnerParams are parameters of the query that make the request one for the owner alone, whatever Least is.
	OwnerParams []string
	// Body is the greatest length of a body in bytes, 0 for none; more is 413. It is beside the server's own limit.
	Body int64
	// View is set where the answer is a view of the table, made for who asks. A session may have so many a second, see
	// [access.Session.TakeView]; more are 429. The owner is not counted.
	View bool
	// AtOnce is how many such requests one session, or one address, may have under way; 0 stands for as many as there
	// are connections. More are 429. The owner is not counted.
	AtOnce int
}

// The bounds of rules.
const (
	formBody     = 4 << 10  // a form of a page
	longBody     = 16 << 10 // a form that carries a view
	liveAtOnce   = 8        // tabs of one viewer
	exportAtOnce = 2        // exports of one viewer
)

// policy is the one place that says who may call what. A route that is not in it is answered to nobody.
var policy = []Rule{
	{Method: "GET", Pattern: "/static/*", Least: Nobody},
	{Method: "GET", Pattern: "/healthz", Least: Nobody},
	{Method: "GET", Pattern: "/enter", Least: Nobody},
	{Method: "POST", Pattern: "/enter", Least: Nobody, Body: longBody},

	{Method: "GET", Pattern: "/", Least: Viewer, View: true},
	{Method: "GET", Pattern: "/view", Least: Viewer, View: true},
	{Method: "GET", Pattern: "/columns.css", Least: Viewer},
	{Method: "GET", Pattern: "/complete", Least: Viewer, View: true},
	{Method: "GET", Pattern: "/live", Least: Viewer, View: true, AtOnce: liveAtOnce},
	{Method: "GET", Pattern: "/connections.json", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/connections.ndjson", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/connections.csv", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/history.json", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/history.csv", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/connections/:id", Least: Viewer, View: true},
	{Method: "GET", Pattern: "/states", Least: Viewer},
	{Method: "GET", Pattern: "/ports", Least: Viewer},
	{Method: "GET", Pattern: "/ports.json", Least: Viewer},
	{Method: "GET", Pattern: "/ports/conflicts", Least: Viewer},
	{Method: "GET", Pattern: "/ports/conflicts.json", Least: Viewer},
	{Method: "GET", Pattern: "/ports/*", Least: Viewer, View: true, OwnerParams: []string{"try"}},
	{Method: "GET", Pattern: "/processes", Least: Viewer, View: true},
	{Method: "GET", Pattern: "/processes.json", Least: Viewer, View: true, AtOnce: exportAtOnce},
	{Method: "GET", Pattern: "/processes/:pid", Least: Viewer},
	{Method: "GET", Pattern: "/platforms", Least: Viewer},
	{Method: "GET", Pattern: "/platforms.json", Least: Viewer},
	{Method: "GET", Pattern: "/diagnosis/worst", Least: Viewer},
	{Method: "GET", Pattern: "/diagnosis", Least: Viewer, OwnerParams: []string{"run"}},
	{Method: "POST", Pattern: "/diagnosis", Least: Owner, Body: formBody},
	{Method: "GET", Pattern: "/diagnosis.json", Least: Viewer, OwnerParams: []string{"run"}},
	{Method: "POST", Pattern: "/diagnosis.json", Least: Owner, Body: formBody},
	{Method: "GET", Pattern: "/network", Least: Viewer},
	{Method: "GET", Pattern: "/network.json", Least: Viewer},

	// With --allow-actions; package web asks for more than the role: the system itself has to tell that it is the owner.
	{Method: "GET", Pattern: "/connections/:id/close", Least: Owner},
	{Method: "GET", Pattern: "/connections/:id/close.json", Least: Owner},
	{Method: "POST", Pattern: "/connections/:id/close", Least: Owner, Body: longBody},
	{Method: "POST", Pattern: "/connections/:id/close.json", Least: Owner, Body: longBody},
	{Method: "GET", Pattern: "/processes/:pid/end", Least: Owner},
	{Method: "GET", Pattern: "/processes/:pid/end.json", Least: Owner},
	{Method: "POST", Pattern: "/processes/:pid/end", Least: Owner, Body: longBody},
	{Method: "POST", Pattern: "/processes/:pid/end.json", Least: Owner, Body: longBody},
	{Method: "GET", Pattern: "/processes/:pid/kill", Least: Owner},
	{Method: "GET", Pattern: "/processes/:pid/kill.json", Least: Owner},
	{Method: "POST", Pattern: "/processes/:pid/kill", Least: Owner, Body: longBody},
	{Method: "POST", Pattern: "/processes/:pid/kill.json", Least: Owner, Body: longBody},

	{Method: "GET", Pattern: "/metrics", Least: Owner},
	{Method: "GET", Pattern: "/share", Least: Owner},
	{Method: "POST", Pattern: "/share", Least: Owner, Body: longBody},
	{Method: "POST", Pattern: "/share/stop", Least: Owner, Body: formBody},
	{Method: "POST", Pattern: "/share/end", Least: Owner, Body: formBody},
}

// Policy returns the rules of all routes, in the order in which documents list them. The caller owns the slice.
func Policy() []Rule { return slices.Clone(policy) }

// routeKey names a route.
type routeKey struct{ method, pattern string }

// ruleBook finds rules.
type ruleBook map[routeKey]Rule

// newRuleBook returns the book of some rules.
func newRuleBook(rules []Rule) ruleBook {
	book := make(ruleBook, len(rules))
	for _, r := range rules {
		book[routeKey{r.Method, r.Pattern}] = r
	}
	return book
}
