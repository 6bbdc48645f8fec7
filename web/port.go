package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/processes"
	"sockeye/views"
)

// nearPorts is how many free ports near a port are named.
const nearPorts = 3

// portAnswer handles GET /ports/{port}, /ports/{port}/{protocol} and lists of ports, with .json behind them for data.
func (s *Site) portAnswer(c echo.Context) error {
	name, asData := cutFormat(c.Param("*"), ".json")
	if spans, protocol, ok, err := ports.ParseSpans(name); ok {
		if err == nil && spans.Len() > 1 {
			return s.portSpans(c, spans, protocol, asData)
		}
		return s.portOther(c, name, asData, spans, protocol, err)
	}
	target, err := ports.ParseTarget(name)
	if err != nil {
		return s.portProblem(c, name, asData, err)
	}
	if path := portPath(target); !asData && path != c.Request().URL.Path {
		return c.Redirect(http.StatusSeeOther, withQuery(path, c.QueryString()))
	}
	return s.onePort(c, target, asData)
}

// portOther answers for a list that cannot be read, or that is one port after all.
func (s *Site) portOther(c echo.Context, name string, asData bool, spans ports.Spans, protocol string, err error) error {
	switch {
	case err != nil:
		return s.portProblem(c, name, asData, err)
	case asData:
		return s.onePort(c, ports.Target{Port: spans[0].First, Protocol: protocol}, true)
	}
	return c.Redirect(http.StatusSeeOther, spansPath(spans, protocol))
}

// onePort answers for one port.
func (s *Site) onePort(c echo.Context, target ports.Target, asData bool) error {
	page := views.PortAnswer{
		Asked: true, Text: target.String(), Port: target.Port, Protocol: target.Protocol,
		Class: ports.Class(target.Port), Services: servicesOf(target), Service: serviceName, Interface: interfaceNames(s.log),
	}
	if target.Name != "" {
		page.Text = strings.TrimPrefix(portPath(ports.Target{Port: target.Port, Protocol: target.Protocol}), "/ports/")
	}
	if err := s.describePort(c.Request().Context(), &page); err != nil {
		return err
	}
	status := http.StatusOK
	if c.QueryParam("try") == "1" {
		var err error
		if status, err = s.tryPort(c, &page); err != nil {
			return err
		}
		if asData && page.Notice != "" {
			return echo.NewHTTPError(status, page.Notice)
		}
	}
	page.Page = s.page(c, views.NavPorts, page.Status)
	switch {
	case asData:
		return c.JSON(http.StatusOK, s.portJSON(&page))
	case c.QueryParam("part") == "1":
		return s.render(c, http.StatusOK, views.PortPart(page))
	}
	return s.render(c, status, views.PortPage(page))
}

// describePort fills in what the table and the rules tell of a port, and what came of trying it a moment ago.
func (s *Site) describePort(ctx context.Context, page *views.PortAnswer) error {
	rules, now := s.portRules.read(), time.Now()
	err := s.fresh(ctx, func(t *poller.Table) {
		page.Status, page.Answers = t.Status(), nil
		for _, p := range protocolsOf(page.Protocol) {
			a := occupancy.Describe(t, occupancy.Key{Port: page.Port, Protocol: p}, rules, now)
			page.Answers = append(page.Answers, a)
		}
		page.Near = occupancy.Near(page.Port, occupancy.UsedPorts(t), &rules, nearPorts)
		page.Listening = listening(t)
	})
	if err != nil {
		return err
	}
	page.Before = nil
	for _, a := range page.Answers {
		s.tries.apply(a)
		s.restOf(ctx, a)
		page.Before = append(page.Before, s.former.Before(a.Key)...)
	}
	page.Processes = s.listenersOf(ctx, page.Answers)
	return nil
}

// maxProcesses is of how many listening processes the details are read.
const maxProcesses = 16

// listenersOf reads the details of the processes that wait on a port, by PID. Those that cannot be read are left out.
func (s *Site) listenersOf(ctx context.Context, answers []*occupancy.Answer) map[int32]*processes.Details {
	found := make(map[int32]*processes.Details)
	asked := make(map[int32]bool)
	for _, a := range answers {
		for i := range a.Listeners {
			owner := a.Listeners[i].Owner
			if owner == nil || asked[owner.PID] || len(asked) >= maxProcesses {
				continue
			}
			asked[owner.PID] = true
			d, err := s.readProcess(ctx, owner.PID, owner.Start)
			if err != nil {
				s.log.Debug("a process is not known", "pid", owner.PID, "error", err)
				continue
			}
			found[owner.PID] = d
		}
	}
	return found
}

// restOf fills in how long connections of a port go on to rest, where the source can tell.
func (s *Site) restOf(ctx context.Context, a *occupancy.Answer) {
	if a.RestingTotal == 0 || a.Protocol != poller.TCP {
		return
	}
	left, err := s.resting(ctx, a.Port)
	if err != nil {
		s.log.Debug("timers are not known", "port", a.Port, "error", err)
	}
	a.TimeLeft = left
}

// protocolsOf returns the protocols that "tcp", "udp" or "" stand for.
func protocolsOf(name string) []poller.Protocol {
	switch name {
	case "tcp":
		return []poller.Protocol{poller.TCP}
	case "udp":
		return []poller.Protocol{poller.UDP}
	}
	return []poller.Protocol{poller.TCP, poller.UDP}
}

// portPath returns the address of a port's answer.
func portPath(t ports.Target) string {
	path := "/ports/" + strconv.Itoa(int(t.Port))
	if t.Protocol != "" {
		path += "/" + t.Protocol
	}
	return path
}

// spansPath returns the address of the answer for several ports.
func spansPath(spans ports.Spans, protocol string) string {
	path := "/ports/" + spans.String()
	if protocol != "" {
		path += "/" + protocol
	}
	return path
}

// withQuery puts a query behind a path.
func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// portProblem answers what is no port: 400 and the reason, as data or beside the form.
func (s *Site) portProblem(c echo.Context, asked string, asData bool, cause error) error {
	if asData {
		return badRequest(cause)
	}
	page := views.PortAnswer{Text: cut(asked), Problem: cause.Error(), Service: serviceName}
	page.Page = s.page(c, views.NavPorts, poller.Status{})
	return s.render(c, http.StatusBadRequest, views.PortPage(page))
}

// servicesOf returns what the port is registered or known for.
func servicesOf(t ports.Target) []ports.Service {
	var services []ports.Service
	for _, p := range protocolsOf(t.Protocol) {
		if s, ok := ports.Lookup(t.Port, p.String()); ok {
			services = append(services, s)
		}
	}
	return services
}
