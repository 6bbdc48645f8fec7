package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"sockeye/access"
	dns "sockeye/names"
	"sockeye/occupancy"
	"sockeye/past"
	"sockeye/poller"
	"sockeye/processes"
	"sockeye/static"
	"sockeye/views"
	"sockeye/workload"
)

// Site is the pages, the data and the live view of one machine's sockets. Its handlers expect the server's gates in
// front of them.
type Site struct {
	poller  *poller.Poller
	hub     *hub
	names   *dns.Cache
	lan     *dns.Cache // of the names that devices of the local network give themselves
	metrics *metrics
	memory  *past.Memory
	process processReader
	host    string
	log     *slog.Logger
	doctor  *doctor
	network network
	room    exportRoom
	sharing Sharing // nil where nothing can be shared

	// Of the pages of ports.
	portRules *portRules
	tries     *tries
	former    occupancy.Memory
	resting   func(ctx context.Context, port uint16) (map[poller.ID]time.Duration, error)

	// Of the pages of processes, and of what is done to them.
	growth   *workload.Memory
	children func(ctx context.Context, pid int32) ([]processes.Parent, error)
	actor    doer // nil where nothing may be ended
}

// New makes the site. The poller has to call [Site.Observe] after each poll. Names of addresses, where a viewer wants
// them, are asked of the system's resolver. Who calls it calls [Site.Close] in the end.
func New(p *poller.Poller, log *slog.Logger) *Site {
	s := newSite(p, log, net.DefaultResolver)
	s.lan = dns.New(&dns.Multicast{Interface: s.network.interfaceOf}, nil)
	return s
}

// newSite makes a site that asks a resolver for names, of devices too.
func newSite(p *poller.Poller, log *slog.Logger, r dns.Resolver) *Site {
	host, err := os.Hostname()
	if err != nil {
		log.Warn("the machine's name is unknown", "error", err)
		host = "localhost"
	}
	hub := newHub(p)
	hub.names = dns.New(r, hub.named)
	return &Site{
		poller: p, hub: hub, names: hub.names, lan: dns.New(r, nil), metrics: newMetrics(p, hub, log), memory: past.New(past.Defaults()), process: processes.New().Read,
		host: host, log: log, doctor: newDoctor(), room: exportRoom{most: mostExported},
		growth: workload.NewMemory(), children: processes.New().Children,
		portRules: newPortRules(log), tries: newTries(), resting: p.Resting,
	}
}

// Close gives up all questions for names and returns when none is under way.
func (s *Site) Close() {
	s.names.Close()
	s.lan.Close()
	s.doctor.refusals.Close()
}

// Observe counts a poll and hands its change to all viewers. It never waits for one.
func (s *Site) Observe(d *poller.Delta) {
	s.metrics.observe(d)
	s.memory.Observe(d)
	s.former.Observe(d, s.portRules.handedOut)
	s.growth.Observe(d, time.Now())
	s.hub.observe(d)
	s.doctor.observe(d)
}

// Routes adds the site's routes to e.
func (s *Site) Routes(e *echo.Echo) {
	e.JSONSerializer = serializer{}
	e.GET("/", s.dashboard)
	e.GET("/view", s.viewInfo)
	e.GET("/columns.css", s.columnSheet)
	e.GET("/complete", s.complete)
	e.GET("/live", s.live)
	e.GET("/connections.json", s.exportJSON)
	e.GET("/connections.ndjson", s.exportNDJSON)
	e.GET("/connections.csv", s.exportCSV)
	e.GET("/history.json", s.historyJSON)
	e.GET("/history.csv", s.historyCSV)
	e.GET("/connections/:id", s.connection)
	e.GET("/states", s.states)
	e.GET("/ports", s.portForm)
	e.GET("/ports.json", s.doorData)
	e.GET("/ports/conflicts", s.conflicts)
	e.GET("/ports/conflicts.json", s.conflictData)
	e.GET("/ports/*", s.portAnswer)
	e.GET("/processes", s.ranking)
	e.GET("/processes.json", s.rankingData)
	e.GET("/processes/:pid", s.processPage)
	s.actionRoutes(e)
	e.GET("/diagnosis", s.diagnosisPage)
	e.POST("/diagnosis", s.diagnosisPage)
	e.GET("/diagnosis/worst", s.worstFinding)
	e.GET("/diagnosis.json", s.diagnosisData)
	e.POST("/diagnosis.json", s.diagnosisData)
	e.GET("/network", s.networkPage)
	e.GET("/network.json", s.networkData)
	e.GET("/platforms", s.platformsPage)
	e.GET("/platforms.json", s.platformsData)
	e.GET("/healthz", s.health)
	e.GET("/metrics", s.metricsPage)
	e.GET("/share", s.sharePage)
	e.POST("/share", s.shareNow)
	e.POST("/share/stop", s.shareStop)
	e.POST("/share/end", s.shareEnd)
	e.GET(static.Prefix+"*", echo.WrapHandler(static.Handler()))
}

// pollPatience is how long a request waits for a poll.
const pollPatience = 10 * time.Second

// noTable is answered where no poll has succeeded since the start; why is a sentence that says so, "" where none has ended.
func noTable(why string) error {
	return echo.NewHTTPError(http.StatusServiceUnavailable, strings.TrimSpace("The sockets of this machine could not be read yet. "+why))
}

// fresh brings the table up to date and hands it out. It fails where there has never been a whole one.
func (s *Site) fresh(ctx context.Context, read func(*poller.Table)) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	var err error
	s.poller.Read(func(t *poller.Table) {
		if status := t.Status(); status.Seq == 0 {
			err = noTable(status.Stale)
			return
		}
		read(t)
	})
	return err
}

// refresh brings the table up to date, or gives that up when it takes too long. It fails only where ctx ends.
func (s *Site) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	if err := s.poller.Fresh(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// page fills in what every page shows.
func (s *Site) page(c echo.Context, active string, status poller.Status) views.Page {
	caller := access.Of(c.Request().Context())
	return views.Page{
		Host: s.host, Build: static.Build(), Now: time.Now(), Status: status, Active: active, Theme: themeOf(c),
		Role: caller.Role, Plain: caller.Plain, CanShare: s.sharing != nil, Here: c.Request().URL.RequestURI(),
	}
}

// render answers with a page.
func (s *Site) render(c echo.Context, code int, page templ.Component) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	c.Response().WriteHeader(code)
	if err := page.Render(c.Request().Context(), c.Response()); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return nil
}

// badRequest turns an error whose text is meant for the reader into a 400.
func badRequest(err error) error {
	return echo.NewHTTPError(http.StatusBadRequest, err.Error())
}

// health handles GET /healthz: the program answers. It asks for no poll and says what the last one gave.
func (s *Site) health(c echo.Context) error {
	var status poller.Status
	s.poller.Read(func(t *poller.Table) { status = t.Status() })
	return c.JSON(http.StatusOK, struct {
		Status string `json:"status"`
		Polls  uint64 `json:"polls"`
		Source string `json:"source"`
		Stale  bool   `json:"stale"`
	}{"ok", status.Seq, status.Source, status.Stale != ""})
}
