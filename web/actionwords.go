package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/actions"
	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/processes"
	"sockeye/views"
	"sockeye/workload"
)

// mostNamed is how many of several things a sentence names.
const mostNamed = 5

// understand finds out what a request would end, and what hangs on it.
func (s *Site) understand(c echo.Context, e *errand) error {
	if e.verb == actions.Close {
		return s.understandClose(c, e)
	}
	return s.understandEnd(c, e)
}

// understandClose is that for a connection.
func (s *Site) understandClose(c echo.Context, e *errand) error {
	id, valid := poller.ParseID(strings.TrimSuffix(c.Param("id"), ".json"))
	if !valid {
		return badRequest(fmt.Errorf("a connection's id is a hexadecimal number, not %s", strconv.Quote(cut(c.Param("id")))))
	}
	e.path = views.ConnectionPath(id)
	var row, peer poller.Connection
	there := false
	err := s.fresh(c.Request().Context(), func(t *poller.Table) {
		e.status = t.Status()
		if found, ok := t.Get(id); ok {
			row, there = *found, true
		}
		if found, ok := t.Get(row.Peer); ok {
			peer = *found
		}
	})
	switch {
	case err != nil:
		return err
	case !there:
		return &actions.Refusal{Reason: actions.Changed, Text: "There is no such connection any more."}
	case row.Protocol != poller.TCP:
		return &actions.Refusal{Reason: actions.Denied, Text: "Only connections of TCP can be closed; a UDP socket ends with its process."}
	}
	e.target = connectionTarget(&row)
	e.name = targetName(e.target)
	e.sentences = closeSentences(&row, &peer)
	return nil
}

// connectionTarget returns the identity of a row.
func connectionTarget(c *poller.Connection) actions.Target {
	return actions.Target{Connection: actions.Connection{
		Cookie: uint64(c.ID), IPv6: c.Family == poller.IPv6, Local: c.Local, Remote: c.Remote, State: c.State.String(),
	}}
}

// closeSentences say what hangs on a connection.
func closeSentences(c, peer *poller.Connection) []string {
	who := "a process that is not known"
	if c.Owner != nil {
		who = processName(c.Owner.Name, c.Owner.PID)
	}
	all := []string{"Closes one " + c.State.String() + " connection, which belongs to " + who + "; the process goes on."}
	switch c.State {
	case poller.StateTimeWait:
		all = []string{"Ends the wait of a connection that is closed already, so that its port is free at once."}
	default:
		all = append(all, "The process gets an error (ECONNABORTED) when it next reads or writes; the other end gets a reset. What is on its way is lost.")
	}
	if peer.ID != 0 && peer.Owner != nil {
		all = append(all, "The other end is on this machine, with "+processName(peer.Owner.Name, peer.Owner.PID)+": it loses the connection as well.")
	}
	return all
}

// understandEnd is understand for a process.
func (s *Site) understandEnd(c echo.Context, e *errand) error {
	pid, start, err := processAsked(strings.TrimSuffix(c.Param("pid"), ".json"), c.QueryParam("start"))
	if err != nil {
		return badRequest(err)
	}
	e.path = views.ProcessPath(pid, start)
	p, err := s.actor.Identify(pid)
	if err != nil {
		return err
	}
	if start != 0 && p.Start != start {
		return &actions.Refusal{Reason: actions.Changed, Text: "The process that had this PID has ended; another one has it by now."}
	}
	e.target = actions.Target{Process: p}
	e.name, e.path = targetName(e.target), targetPath(e.target)
	var held workload.Detail
	ctx := c.Request().Context()
	if err := s.fresh(ctx, func(t *poller.Table) {
		e.status = t.Status()
		held, _ = workload.Describe(t, workload.Key{PID: pid, Start: p.Start})
	}); err != nil {
		return err
	}
	children, err := s.children(ctx, pid)
	if err != nil {
		s.log.Debug("children of a process", "pid", pid, "error", err)
	}
	details, err := s.readProcess(ctx, pid, p.Start)
	if err != nil {
		s.log.Debug("details of a process", "pid", pid, "error", err)
	}
	e.sentences = endSentences(e, details, &held, children)
	return nil
}

// endSentences say what hangs on a process.
func endSentences(e *errand, d *processes.Details, held *workload.Detail, children []processes.Parent) []string {
	var about []string
	if d != nil && d.User.Known() {
		about = append(about, "of "+views.Visible(d.User.Value))
	}
	if d != nil && d.Started.Known() {
		about = append(about, "started "+d.Started.Value.Format("2006-01-02 15:04:05"))
	}
	first := "Asks " + e.name + " to end (SIGTERM). It may save its work first, or not heed this."
	if e.verb == actions.Kill {
		first = "Ends " + e.name + " at once (SIGKILL). It can save nothing first."
	}
	if len(about) > 0 {
		first = strings.Replace(first, e.name, e.name+", "+strings.Join(about, ", ")+",", 1)
	}
	all := []string{first, heldSentence(held)}
	if n := len(children); n > 0 {
		var names []string
		for _, one := range children {
			names = append(names, processName(one.Name, one.PID))
		}
		all = append(all, numbered(n, "child goes on: ", "children go on: ")+few(names)+".")
	}
	if d != nil && d.Unit.Known() && strings.HasSuffix(d.Unit.Value, ".service") {
		all = append(all, "It belongs to "+views.Visible(d.Unit.Value)+": systemd may start it again.")
	}
	if d != nil && d.Container.Known() {
		all = append(all, "It runs in a container ("+views.Visible(d.Container.Value)+"), which may end with it.")
	}
	return all
}

// heldSentence says which sockets end with a process.
func heldSentence(held *workload.Detail) string {
	var parts []string
	if n := held.Connections; n > 0 {
		parts = append(parts, "closes "+numbered(n, "connection", "connections")+" with "+numbered(held.RemotesTotal, "address", "addresses"))
	}
	var doors []string
	for i := range held.Listeners {
		l := &held.Listeners[i]
		name := occupancy.Key{Port: l.Local.Port(), Protocol: l.Protocol}.String()
		if n := len(doors); n == 0 || doors[n-1] != name {
			doors = append(doors, name)
		}
	}
	if len(doors) > 0 {
		parts = append(parts, "stops waiting on "+few(doors))
	}
	if len(parts) == 0 {
		return "No socket of it is seen."
	}
	text := strings.Join(parts, ", and ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// numbered writes a number with the word for one or for many.
func numbered(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return views.Count(n) + " " + many
}

// few names the first of several.
func few(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return strings.Join(names[:mostNamed], ", ") + " and " + views.Count(more) + " more"
	}
	return strings.Join(names, ", ")
}

// processName names a process with its PID.
func processName(name string, pid int32) string {
	return views.Visible(name) + " (PID " + strconv.Itoa(int(pid)) + ")"
}

// targetName names what is to end.
func targetName(t actions.Target) string {
	if c := t.Connection; c != (actions.Connection{}) {
		return c.Local.String() + " – " + c.Remote.String()
	}
	return processName(t.Process.Name, t.Process.PID)
}

// targetPath is the page about what is to end.
func targetPath(t actions.Target) string {
	if c := t.Connection; c != (actions.Connection{}) {
		return views.ConnectionPath(poller.ID(c.Cookie))
	}
	return views.ProcessPath(t.Process.PID, t.Process.Start)
}

// actionPath is the page that asks whether it should end.
func actionPath(v actions.Verb, t actions.Target) string {
	if v == actions.Close {
		return views.ConnectionPath(poller.ID(t.Connection.Cookie)) + "/close"
	}
	word := map[actions.Verb]string{actions.Terminate: "end", actions.Kill: "kill"}[v]
	return fmt.Sprintf("/processes/%d/%s?start=%d", t.Process.PID, word, t.Process.Start)
}

// identityFacts are the lines that name a target without a doubt.
func identityFacts(t actions.Target) (all []views.ActionFact) {
	if c := t.Connection; c != (actions.Connection{}) {
		return []views.ActionFact{
			{Label: "Cookie", Value: poller.ID(c.Cookie).String()}, {Label: "Local", Value: c.Local.String()},
			{Label: "Remote", Value: c.Remote.String()}, {Label: "State", Value: views.Visible(c.State)},
		}
	}
	if p := t.Process; p != (actions.Process{}) {
		return []views.ActionFact{
			{Label: "PID", Value: strconv.Itoa(int(p.PID))}, {Label: "Name", Value: views.Visible(p.Name)},
			{Label: "Start", Value: strconv.FormatUint(p.Start, 10) + " clock ticks after boot"}, {Label: "Boot", Value: views.Visible(p.Boot)},
		}
	}
	return nil
}

// outcomeWords say what was seen after something was done.
func outcomeWords(e *errand, gone bool) string {
	switch {
	case e.verb == actions.Close && gone:
		return "The connection " + e.name + " is closed."
	case e.verb == actions.Close:
		return "The connection " + e.name + " is still seen."
	case gone:
		return e.name + " has ended."
	}
	return e.name + " is still there after 5 seconds."
}

// outcomeDetails say more of it.
func outcomeDetails(e *errand, out actions.Outcome) []string {
	at := out.At.Format("15:04:05 MST")
	all := []string{"Done at " + at + ". Looked for afterwards: it is gone."}
	switch {
	case out.Gone:
	case e.verb == actions.Terminate:
		all = []string{"It was asked to end at " + at + ", and has not: it may still be saving its work, or not heed the signal. It can be killed, which gives it no time for anything."}
	case e.verb == actions.Kill:
		all = []string{"It was killed at " + at + ". What is still seen of it waits for a device that does not answer, and ends when that does."}
	default:
		all = []string{"The system took the order at " + at + "."}
	}
	if out.Unlogged != "" {
		all = append(all, out.Unlogged)
	}
	return all
}
