package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/views"
)

// maxStretches is how many used ports a list tells of.
const maxStretches = 2000

// portForm handles GET /ports: the list of doors, the form, and what it sends. An answer has an address of its own.
func (s *Site) portForm(c echo.Context) error {
	asked := strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), "\uFFFD"))
	if asked == "" {
		return s.doors(c, false)
	}
	if spans, protocol, ok, err := ports.ParseSpans(asked); ok {
		if err != nil {
			return s.portProblem(c, asked, false, err)
		}
		return c.Redirect(http.StatusSeeOther, spansPath(spans, protocol))
	}
	target, err := ports.ParseTarget(asked)
	if err != nil {
		return s.portProblem(c, asked, false, err)
	}
	return c.Redirect(http.StatusSeeOther, portPath(target))
}

// doorData handles GET /ports.json.
func (s *Site) doorData(c echo.Context) error { return s.doors(c, true) }

// doors answers with the list of all ports on which somebody waits. since, in milliseconds since 1970, is the moment
// from which on the reader calls them new.
func (s *Site) doors(c echo.Context, asData bool) error {
	page := views.DoorPage{Service: serviceName, Interface: interfaceNames(s.log)}
	if ms, err := strconv.ParseInt(c.QueryParam("since"), 10, 64); err == nil && ms > 0 {
		page.Since = time.UnixMilli(ms)
	}
	rules := s.portRules.read()
	err := s.fresh(c.Request().Context(), func(t *poller.Table) {
		page.Status = t.Status()
		page.Doors = occupancy.Doors(t, &rules, page.Since)
	})
	if err != nil {
		return err
	}
	page.Page = s.page(c, views.NavPorts, page.Status)
	switch {
	case asData:
		return c.JSON(http.StatusOK, s.doorsJSON(&page))
	case c.QueryParam("part") == "1":
		return s.render(c, http.StatusOK, views.DoorPart(page))
	}
	return s.render(c, http.StatusOK, views.DoorList(page))
}

// portSpans answers for several ports.
func (s *Site) portSpans(c echo.Context, spans ports.Spans, protocol string, asData bool) error {
	if path := spansPath(spans, protocol); !asData && path != c.Request().URL.Path {
		return c.Redirect(http.StatusSeeOther, withQuery(path, c.QueryString()))
	}
	if c.QueryParam("try") != "" {
		return echo.NewHTTPError(http.StatusBadRequest, "only one port at a time is tried")
	}
	page := views.SpanPage{Spans: spans, Protocol: protocol, Service: serviceName}
	rules := s.portRules.read()
	err := s.fresh(c.Request().Context(), func(t *poller.Table) {
		page.Status = t.Status()
		page.Stretches, page.More = occupancy.Stretches(t, spans, protocolsOf(protocol), rules, maxStretches)
		page.Listening = listening(t)
	})
	if err != nil {
		return err
	}
	page.Page = s.page(c, views.NavPorts, page.Status)
	switch {
	case asData:
		return c.JSON(http.StatusOK, s.spansJSON(&page))
	case c.QueryParam("part") == "1":
		return s.render(c, http.StatusOK, views.SpanPart(page))
	}
	return s.render(c, http.StatusOK, views.SpanTable(page))
}

// conflicts handles GET /ports/conflicts.
func (s *Site) conflicts(c echo.Context) error { return s.portConflicts(c, false) }

// conflictData handles GET /ports/conflicts.json.
func (s *Site) conflictData(c echo.Context) error { return s.portConflicts(c, true) }

// portConflicts answers with every port that has more than one holder.
func (s *Site) portConflicts(c echo.Context, asData bool) error {
	page := views.ConflictPage{Service: serviceName}
	err := s.fresh(c.Request().Context(), func(t *poller.Table) {
		page.Status = t.Status()
		page.Conflicts = occupancy.Conflicts(t)
	})
	if err != nil {
		return err
	}
	page.Page = s.page(c, views.NavPorts, page.Status)
	switch {
	case asData:
		return c.JSON(http.StatusOK, s.conflictsJSON(&page))
	case c.QueryParam("part") == "1":
		return s.render(c, http.StatusOK, views.ConflictPart(page))
	}
	return s.render(c, http.StatusOK, views.ConflictList(page))
}

// maxSuggested is how many listening ports the form suggests.
const maxSuggested = 200

// listening returns the ports on which somebody waits, for the form's suggestions: in order, each once, those that
// the system hands out by itself last.
func listening(t *poller.Table) []views.Suggestion {
	seen := make(map[occupancy.Key]string)
	for c := range t.All() {
		if c.Direction != poller.Listening {
			continue
		}
		k := occupancy.Key{Port: c.Local.Port(), Protocol: c.Protocol}
		if name, known := seen[k]; c.Owner != nil && (!known || name == "" || c.Owner.Name < name) {
			seen[k] = c.Owner.Name
		} else if !known {
			seen[k] = ""
		}
	}
	var all []views.Suggestion
	for k, name := range seen {
		all = append(all, views.Suggestion{Key: k, Process: name})
	}
	slices.SortFunc(all, func(a, b views.Suggestion) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
	})
	return all[:min(len(all), maxSuggested)]
}
