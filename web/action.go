package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"sockeye/access"
	"sockeye/actions"
	"sockeye/poller"
	"sockeye/views"
)

// doer does what was confirmed; package actions stands behind it.
type doer interface {
	Closing() actions.Ability
	Ending() actions.Ability
	Identify(pid int32) (actions.Process, error)
	Consider(v actions.Verb, t actions.Target) error
	Confirm(v actions.Verb, t actions.Target) (nonce string, expires time.Time, err error)
	Do(ctx context.Context, o actions.Order) (done actions.Outcome, used *actions.Outcome, err error)
}

// AllowActions adds the pages that close connections and end processes, for the owner on the machine itself. It is
// called before [Site.Routes].
func (s *Site) AllowActions(actor *actions.Actor) { s.actor = actor }

// mayAct says who makes a request, where they may end things: the owner, and only where the system itself told that it
// is their request. A session is not enough: its cookie goes to every port of this machine, and can be handed on. The
// error is an [*actions.Refusal].
func mayAct(r *http.Request) (actions.Who, error) {
	caller := access.Of(r.Context())
	switch {
	case caller.Role < access.Owner:
		return actions.Who{}, &actions.Refusal{Reason: actions.Denied,
			Text: "Only the owner can do this, on the machine itself: open it there by localhost."}
	case caller.User == "":
		return actions.Who{}, &actions.Refusal{Reason: actions.Denied,
			Text: "The system does not tell whose request this is, and a link alone is not enough to end things: open sockeye on the machine itself, by localhost, as the user that started it."}
	}
	return actions.Who{User: caller.User, Peer: r.RemoteAddr}, nil
}

// actionRoutes adds them, where actions are allowed.
func (s *Site) actionRoutes(e *echo.Echo) {
	if s.actor == nil {
		return
	}
	for path, verb := range map[string]actions.Verb{
		"/connections/:id/close": actions.Close, "/processes/:pid/end": actions.Terminate, "/processes/:pid/kill": actions.Kill,
	} {
		for _, ending := range []string{"", ".json"} {
			e.GET(path+ending, s.askAction(verb))
			e.POST(path+ending, s.doAction(verb))
		}
	}
}

// errand is what a request wants done, with what is said of it.
type errand struct {
	verb   actions.Verb
	target actions.Target
	// name names the target, path is the page about it.
	name, path string
	// sentences say what hangs on it.
	sentences []string
	asData    bool
	status    poller.Status
}

// question asks whether it should be done.
func (e *errand) question() string { return verbWord[e.verb] + " " + e.name + "?" }

// verbWord begins the labels.
var verbWord = map[actions.Verb]string{actions.Close: "Close", actions.Terminate: "End", actions.Kill: "Kill"}

// own returns the address of the page that asks.
func (e *errand) own() string { return actionPath(e.verb, e.target) }

// askAction handles GET: the page that says what would end and what hangs on it, with a confirmation that is good once.
func (s *Site) askAction(v actions.Verb) echo.HandlerFunc {
	return func(c echo.Context) error {
		e := &errand{verb: v, asData: strings.HasSuffix(c.Request().URL.Path, ".json")}
		if _, err := mayAct(c.Request()); err != nil {
			return s.refused(c, e, err)
		}
		if err := s.understand(c, e); err != nil {
			return s.refused(c, e, err)
		}
		if site := c.Request().Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			return s.ledHere(c, e)
		}
		nonce, expires, err := s.actor.Confirm(v, e.target)
		if err != nil {
			return s.refused(c, e, err)
		}
		if e.asData {
			return c.JSON(http.StatusOK, confirmationJSON(e, nonce, expires))
		}
		page := s.actionPage(c, e, "ask", e.question())
		page.Form, page.Until, page.Posts = formOf(e.target, nonce), expires, true
		page.Action, page.Button = templ.SafeURL(e.own()), verbWord[v]+" "+e.name
		page.Next = []views.ActionLink{{Link: templ.SafeURL(e.path), Label: "Leave it as it is"}}
		return s.render(c, http.StatusOK, views.ActionView(page))
	}
}

// ledHere answers where another site led the browser: nothing can be confirmed on a page that it opened.
func (s *Site) ledHere(c echo.Context, e *errand) error {
	const text = "Another page led here, so nothing can be confirmed yet."
	if e.asData {
		return c.JSON(http.StatusForbidden, failureJSON{text})
	}
	page := s.actionPage(c, e, "refused", text)
	page.Next = []views.ActionLink{{Link: templ.SafeURL(e.own()), Label: "Go on to the question"}, {Link: templ.SafeURL(e.path), Label: "Leave it as it is"}}
	return s.render(c, http.StatusForbidden, views.ActionView(page))
}

// doAction handles POST: it does what the page asked, where it is still what the page showed.
func (s *Site) doAction(v actions.Verb) echo.HandlerFunc {
	return func(c echo.Context) error {
		e := &errand{verb: v, asData: strings.HasSuffix(c.Request().URL.Path, ".json")}
		who, err := mayAct(c.Request())
		if err != nil {
			return s.refused(c, e, err)
		}
		if err := fromOwnPage(c.Request(), e.asData); err != nil {
			return err
		}
		nonce, target, err := orderOf(c, e)
		if err != nil {
			return err
		}
		e.target = target
		e.name, e.path = targetName(target), targetPath(target)
		out, used, err := s.actor.Do(c.Request().Context(), actions.Order{Verb: v, Target: target, Nonce: nonce, By: who})
		switch {
		case err != nil && used != nil && e.asData:
			return c.JSON(http.StatusConflict, outcomeJSON(e, *used, err.Error()))
		case err != nil && used != nil:
			return s.told(c, e, http.StatusConflict, *used, "It was confirmed more than once, and done once.")
		case err != nil:
			return s.refused(c, e, err)
		case e.asData:
			return c.JSON(http.StatusOK, outcomeJSON(e, out, ""))
		}
		return s.told(c, e, http.StatusOK, out)
	}
}

// told answers with what was seen after something was done.
func (s *Site) told(c echo.Context, e *errand, status int, out actions.Outcome, more ...string) error {
	heading := outcomeWords(e, out.Gone)
	page := s.actionPage(c, e, "done", heading)
	page.Sentences = append(outcomeDetails(e, out), more...)
	page.Next = nil
	if !out.Gone && e.verb == actions.Terminate {
		page.Mood = "refused"
		page.Next = []views.ActionLink{{Link: templ.SafeURL(actionPath(actions.Kill, e.target)), Label: "Kill it…"}}
	}
	page.Next = append(page.Next, views.ActionLink{Link: "/", Label: "All connections"}, views.ActionLink{Link: templ.SafeURL(e.path), Label: "Look at it again"})
	return s.render(c, status, views.ActionView(page))
}

// statuses are those of refusals.
var statuses = map[actions.Reason]int{
	actions.Unsupported: http.StatusNotImplemented, actions.Denied: http.StatusForbidden, actions.NotPermitted: http.StatusForbidden,
	actions.Changed: http.StatusConflict, actions.Unconfirmed: http.StatusConflict, actions.TooOften: http.StatusTooManyRequests,
	actions.Unlogged: http.StatusServiceUnavailable, actions.Failed: http.StatusInternalServerError,
}

// refused answers with why nothing was done. What is no refusal goes on as an error.
func (s *Site) refused(c echo.Context, e *errand, err error) error {
	var r *actions.Refusal
	if !errors.As(err, &r) {
		return err
	}
	s.log.Info("action refused", "verb", e.verb, "peer", c.Request().RemoteAddr, "error", r)
	status := statuses[r.Reason]
	if r.Reason == actions.TooOften {
		c.Response().Header().Set("Retry-After", "1")
	}
	if e.asData {
		return c.JSON(status, refusalJSON{r.Text, orNull(r.How)})
	}
	page := s.actionPage(c, e, "refused", "Nothing was done.")
	page.Sentences, page.How = []string{r.Text}, r.How
	if again := e.target != (actions.Target{}) && (r.Reason == actions.Unconfirmed || r.Reason == actions.TooOften); again {
		page.Next = append(page.Next, views.ActionLink{Link: templ.SafeURL(e.own()), Label: "Look again"})
	}
	if e.path != "" {
		page.Next = append(page.Next, views.ActionLink{Link: templ.SafeURL(e.path), Label: "Look at what is there now"})
	}
	page.Next = append(page.Next, views.ActionLink{Link: "/", Label: "All connections"})
	return s.render(c, status, views.ActionView(page))
}

// actionPage begins the page about an errand.
func (s *Site) actionPage(c echo.Context, e *errand, mood, heading string) views.ActionPage {
	active := views.NavConnections
	if e.verb != actions.Close {
		active = views.NavProcesses
	}
	page := views.ActionPage{Mood: mood, Heading: heading, Sentences: e.sentences, Facts: identityFacts(e.target)}
	page.Page = s.page(c, active, e.status)
	return page
}
