package server

import (
	"log/slog"

	"github.com/labstack/echo/v4"
)

// newEcho builds the chain of the package comment, and the routes of site behind it.
func newEcho(site Site, d *door, rules []Rule, lim limits, log *slog.Logger) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect() // X-Forwarded-For is anybody's word.
	e.Logger.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelWarn).Writer())
	e.Pre(logRequests(log), secureHeaders, recoverPanic, d.gate.middleware, limitRequest(lim),
		originGate(d.gate, newRareLog(log)), pathGate, d.identify)
	g := newGuard(rules, log)
	e.Use(g.middleware, compress())
	e.GET(enterPath, d.role)
	e.POST(enterPath, d.enter)
	site.Routes(e)
	g.learn(e.Routes())
	e.HTTPErrorHandler = failures(site, log)
	return e
}
