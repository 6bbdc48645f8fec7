package web

import (
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"

	"sockeye/capability"
	"sockeye/poller"
	"sockeye/views"
)

// platformsPage handles GET /platforms: what each source can know, and why not. It asks for no poll.
func (s *Site) platformsPage(c echo.Context) error {
	var p views.Platforms
	s.poller.Read(func(t *poller.Table) { p.Page = s.page(c, "", t.Status()) })
	p.Here = -1
	if here, ok := capability.Here(p.Status.Source, runtime.GOOS); ok {
		p.Here = here
	}
	return s.render(c, http.StatusOK, views.PlatformsPage(p))
}

// platformJSON is one source in /platforms.json.
type platformJSON struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Source  string   `json:"source"`
	Systems []string `json:"systems"`
	Here    bool     `json:"here"`
}

// factJSON is one fact there; its cells are in the order of the platforms.
type factJSON struct {
	Key    string     `json:"key"`
	Title  string     `json:"title"`
	Fields []string   `json:"fields"`
	Cells  []cellJSON `json:"cells"`
}

// cellJSON is what one source knows of one fact.
type cellJSON struct {
	Known capability.Level `json:"known"`
	Why   *string          `json:"why"`
}

// platformsData handles GET /platforms.json.
func (s *Site) platformsData(c echo.Context) error {
	var source string
	s.poller.Read(func(t *poller.Table) { source = t.Status().Source })
	here, ok := capability.Here(source, runtime.GOOS)
	var d struct {
		Platforms []platformJSON `json:"platforms"`
		Facts     []factJSON     `json:"facts"`
	}
	for i, p := range capability.Platforms() {
		d.Platforms = append(d.Platforms, platformJSON{p.ID(), p.Name, string(p.Source), p.Systems, ok && i == here})
	}
	for _, f := range capability.Facts() {
		fact := factJSON{Key: f.Key, Title: f.Title, Fields: append([]string{}, f.Fields...)}
		for _, cell := range f.Cells {
			fact.Cells = append(fact.Cells, cellJSON{cell.Level, orNull(cell.Why)})
		}
		d.Facts = append(d.Facts, fact)
	}
	return c.JSON(http.StatusOK, d)
}
