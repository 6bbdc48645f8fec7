// Package server answers HTTP for sockeye: it owns the listeners, decides which requests reach a page and sees to it
// that everything stops in time. What the pages say is not its matter; a [Site] brings the routes.
//
// Every request passes the same chain, before any route is looked up and whatever the outcome will be:
//
//  1. log: one line when the answer is done;
//  2. headers: the fixed security headers, on every answer;
//  3. recover: a panic becomes one failed request;
//  4. host gate: the Host must be ours, otherwise 421. It is what stops DNS rebinding, and nothing turns it off;
//  5. limits: length of the URL and size of the body;
//  6. origin gate: an upgrade, and every method that is not GET or HEAD, must come from a page of ours; data is not
//     handed to pages of other sites;
//  7. path gate: only plain paths go to the router;
//  8. door: who the request is from, see identify.go;
//  9. guard, behind the router: what the route's [Rule] asks of them. A route without a rule is answered to nobody.
//
// net/http itself answers what it cannot parse (400, 431) and a plain request on a TLS port (400) with fixed text
// before this chain begins. Only HTTP/1.1 is spoken, with and without TLS: the limit on connections is then a limit on
// requests as well, and an upgrade can only take the one form that the origin gate judges.
//
// Lifecycle: [New] does nothing but check, [Server.Open] binds, [Server.Serve] answers until [Server.Shutdown].
package server
