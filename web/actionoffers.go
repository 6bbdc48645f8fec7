package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"sockeye/actions"
	"sockeye/poller"
	"sockeye/views"
)

// actionsHint says how actions are switched on.
const actionsHint = "Connections can be closed and processes ended from here, if sockeye is started with --allow-actions."

// offering begins what a page offers: ok is false where that is all.
func (s *Site) offering(r *http.Request) (a views.Actions, ok bool) {
	switch {
	case !actions.Supported:
		return a, false
	case s.actor == nil:
		return views.Actions{Hint: actionsHint}, false
	}
	_, err := mayAct(r)
	return a, err == nil
}

// processActions is what can be done to a process from its page.
func (s *Site) processActions(r *http.Request, p *views.ProcessPage) views.Actions {
	if p.Missing != "" {
		return views.Actions{}
	}
	a, ok := s.offering(r)
	if ok {
		a.Offers = s.offerEnd(a.Offers, p.PID, p.Start)
	}
	return a
}

// connectionActions is what can be done to a connection, and to its process, from its page.
func (s *Site) connectionActions(r *http.Request, i *views.Inspector) views.Actions {
	c := &i.Connection
	if i.Over {
		return views.Actions{}
	}
	a, ok := s.offering(r)
	if !ok {
		return a
	}
	if c.Protocol == poller.TCP && c.State != poller.StateListen && c.State != poller.StateClosed && s.actor.Closing().Possible {
		a.Offers = s.offer(a.Offers, actions.Close, connectionTarget(c), "Close this connection…")
	}
	if c.Owner != nil {
		a.Offers = s.offerEnd(a.Offers, c.Owner.PID, c.Owner.Start)
	}
	return a
}

// offerEnd offers to end the process with a PID, where that is still the one with the start.
func (s *Site) offerEnd(all []views.Offer, pid int32, start uint64) []views.Offer {
	if !s.actor.Ending().Possible {
		return all
	}
	p, err := s.actor.Identify(pid)
	if err != nil || start != 0 && p.Start != start {
		return all
	}
	return s.offer(all, actions.Terminate, actions.Target{Process: p}, "End "+processName(p.Name, pid)+"…")
}

// offer offers one thing: as a link where it can be done, as a button that cannot be pressed where something is missing.
func (s *Site) offer(all []views.Offer, v actions.Verb, t actions.Target, label string) []views.Offer {
	o := views.Offer{Verb: string(v), Label: label}
	var r *actions.Refusal
	switch err := s.actor.Consider(v, t); {
	case err == nil:
		o.Link = templ.SafeURL(actionPath(v, t))
	case errors.As(err, &r) && (r.Reason == actions.NotPermitted || r.Reason == actions.Denied):
		o.Why, o.How = r.Text, r.How
	case errors.As(err, &r) && r.Reason == actions.Changed && v == actions.Close:
		o.Link = templ.SafeURL(actionPath(v, t)) // its state is another than a moment ago; the next page looks again
	default:
		return all
	}
	return append(all, o)
}
