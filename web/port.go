package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/ports"
	"sockeye/views"
)

// maxThrough is how many connections through a port are listed on its page.
const maxThrough = 200

// portForm handles GET /ports: the form, and what it sends. An answer has an address of its own.
func (s *Site) portForm(c echo.Context) error {
	asked := strings.TrimSpace(c.QueryParam("q"))
	if asked == "" {
		answer := views.PortAnswer{Service: serviceName}
		s.poller.Read(func(t *poller.Table) { answer.Status = t.Status() })
		answer.Page = s.page(c, views.NavPorts, answer.Status)
		return s.render(c, http.StatusOK, views.PortPage(answer))
	}
	target, err := ports.ParseTarget(asked)
	if err != nil {
		return s.portProblem(c, asked, err)
	}
	return c.Redirect(http.StatusSeeOther, portPath(target))
}

// portPath returns the address of a port's answer.
func portPath(t ports.Target) string {
	path := "/ports/" + strconv.Itoa(int(t.Port))
	if t.Protocol != "" {
		path += "/" + t.Protocol
	}
	return path
}

// portProblem answers what is no port: 400 and the reason beside the form.
func (s *Site) portProblem(c echo.Context, asked string, cause error) error {
	answer := views.PortAnswer{Text: cut(asked), Problem: cause.Error(), Service: serviceName}
	answer.Page = s.page(c, views.NavPorts, poller.Status{})
	return s.render(c, http.StatusBadRequest, views.PortPage(answer))
}

// portAnswer handles GET /ports/{port} and /ports/{port}/{protocol}, with .json behind them for data.
func (s *Site) portAnswer(c echo.Context) error {
	name, asData := cutFormat(c.Param("*"), ".json")
	target, err := ports.ParseTarget(name)
	if err != nil && asData {
		return badRequest(err)
	}
	if err != nil {
		return s.portProblem(c, name, err)
	}
	if path := portPath(target); !asData && path != c.Request().URL.Path {
		return c.Redirect(http.StatusSeeOther, path)
	}
	answer := views.PortAnswer{
		Asked: true, Text: name, Port: target.Port, Protocol: target.Protocol,
		Class: ports.Class(target.Port), Services: servicesOf(target), Service: serviceName,
	}
	if err := s.fresh(c.Request().Context(), func(t *poller.Table) { fillPort(&answer, t) }); err != nil {
		return err
	}
	answer.Page = s.page(c, views.NavPorts, answer.Status)
	if asData {
		return s.portData(c, &answer)
	}
	return s.render(c, http.StatusOK, views.PortPage(answer))
}

// servicesOf returns what the port is registered or known for.
func servicesOf(t ports.Target) []ports.Service {
	var services []ports.Service
	for _, protocol := range [...]string{"tcp", "udp"} {
		if t.Protocol != "" && t.Protocol != protocol {
			continue
		}
		if s, ok := ports.Lookup(t.Port, protocol); ok {
			services = append(services, s)
		}
	}
	return services
}

// fillPort copies the sockets that have to do with the port out of the table.
func fillPort(a *views.PortAnswer, t *poller.Table) {
	a.Status = t.Status()
	q, err := portQuery(a)
	if err != nil {
		return // cannot be: the query is made of numbers
	}
	for _, c := range selectRows(q, t) {
		local := c.Local.Port() == a.Port
		switch {
		case local && c.Direction == poller.Listening:
			a.Listeners = append(a.Listeners, *c)
		case local && (!c.Connected() || c.State == poller.StateTimeWait):
			a.Others = append(a.Others, *c)
		default:
			if a.ThroughTotal++; a.ThroughTotal <= maxThrough {
				a.Through = append(a.Through, *c)
			}
		}
	}
}

// portData answers with the port's answer as data.
func (s *Site) portData(c echo.Context, a *views.PortAnswer) error {
	return c.JSON(http.StatusOK, portJSON{
		At: a.Status.At.UTC(), Host: s.host, Complete: a.Status.Complete,
		Port: a.Port, Protocol: orNull(a.Protocol), Class: a.Class, Sentence: a.Sentence(), Services: servicesJSON(a.Services),
		Listeners: objects(a.Listeners, a.Status), Others: objects(a.Others, a.Status),
		Connections: objects(a.Through, a.Status), ConnectionsTotal: a.ThroughTotal,
	})
}
