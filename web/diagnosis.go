package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/diagnose"
	"sockeye/poller"
	"sockeye/views"
)

// errDiagnosing is answered while another diagnosis runs: two would disturb each other's measurements.
var errDiagnosing = echo.NewHTTPError(http.StatusServiceUnavailable, "Another diagnosis is running. Try again in ten seconds.")

// diagnosisPage handles GET and POST /diagnosis. Nothing is sent unless a run is asked for: see wantsRun.
func (s *Site) diagnosisPage(c echo.Context) error {
	target := strings.TrimSpace(c.FormValue("target"))
	page := views.Diagnosis{Target: target, Contacts: s.doctor.contacts()}
	s.poller.Read(func(t *poller.Table) { page.Page = s.page(c, views.NavDiagnosis, t.Status()) })
	code := http.StatusOK
	if target != "" {
		if err := diagnose.CheckTarget(target); err != nil {
			page.Target, page.Problem, code = cut(target), err.Error(), http.StatusBadRequest
		}
	}
	if page.Problem == "" && wantsRun(c) {
		return s.runDiagnosis(c, page)
	}
	list, err := s.tableFindings(c.Request().Context())
	if page.Findings = list; err != nil {
		page.TableProblem = "The socket table could not be read."
	}
	return s.render(c, code, views.DiagnosisPage(page))
}

// wantsRun reports whether a diagnosis is asked for: by POST, which only pages of this server can send, or by ?run=1,
// which the form sends and somebody may type in. A link of another site cannot start one.
func wantsRun(c echo.Context) bool {
	if c.Request().Method == http.MethodPost {
		return true
	}
	return c.QueryParam("run") == "1" && ownWish(c)
}

// ownWish reports whether a request comes from a page of ours, or was typed in: what sends something is not done because
// another site has a link to it.
func ownWish(c echo.Context) bool {
	site := c.Request().Header.Get("Sec-Fetch-Site")
	return site == "" || site == "none" || site == "same-origin"
}

// contacts lists whom a diagnosis contacts.
func (d *doctor) contacts() (list []string) {
	o := d.options.WithDefaults()
	for _, a := range o.Internet {
		list = append(list, a.Addr().String())
	}
	return append(append(list, o.Names...), o.Portal)
}

// begin starts a diagnosis that reports each rung; the report comes when the channel is closed. It ends with ctx.
func (s *Site) begin(ctx context.Context, target string) (rungs <-chan diagnose.Rung, report func() diagnose.Report, err error) {
	if !s.doctor.busy.TryLock() {
		return nil, nil, errDiagnosing
	}
	out := make(chan diagnose.Rung, len(diagnose.Steps())) // has room for all: a slow reader does not slow the probes down
	var result diagnose.Report
	o := s.doctor.options
	o.Target, o.Findings, o.Traffic, o.Inside = target, s.tableFindings, s.traffic, s.inside
	o.Report = func(r diagnose.Rung) { out <- r }
	go func() {
		defer close(out) // who has read to the end can begin another
		defer s.doctor.busy.Unlock()
		result = diagnose.Run(ctx, o)
	}()
	return out, func() diagnose.Report { return result }, nil
}

// traffic tells what the table knows of a peer.
func (s *Site) traffic(ctx context.Context, peer netip.Addr) (f diagnose.Traffic, err error) {
	err = s.fresh(ctx, func(t *poller.Table) { f = diagnose.TrafficIn(t, peer) })
	return f, err
}

// inside names who listens on a port for this machine only.
func (s *Site) inside(ctx context.Context, port uint16) (name string, ok bool) {
	if err := s.fresh(ctx, func(t *poller.Table) { name, ok = diagnose.InsideIn(t, port) }); err != nil {
		return "", false // without a table nothing is claimed
	}
	return name, ok
}

// runDiagnosis answers with the page while the diagnosis runs.
func (s *Site) runDiagnosis(c echo.Context, page views.Diagnosis) error {
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	rungs, report, err := s.begin(ctx, page.Target)
	if err != nil {
		return err
	}
	defer func() { // the diagnosis has ended before the request has
		cancel()
		for range rungs {
		}
	}()
	page.Rungs, page.Verdict = rungs, func() diagnose.Verdict { return report().Verdict }
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return s.render(c, http.StatusOK, views.DiagnosisPage(page))
}

// diagnosisData handles GET and POST /diagnosis.json: the findings of the socket table, and, where a run is asked for,
// the report.
func (s *Site) diagnosisData(c echo.Context) error {
	target := strings.TrimSpace(c.FormValue("target"))
	if target != "" {
		if err := diagnose.CheckTarget(target); err != nil {
			return badRequest(err)
		}
	}
	data := struct {
		At       time.Time          `json:"at"`
		Host     string             `json:"host"`
		Findings []diagnose.Finding `json:"findings"`
		Report   *diagnose.Report   `json:"report"` // null where nothing was run
	}{At: time.Now().UTC(), Host: s.host}
	var err error
	if data.Findings, err = s.tableFindings(c.Request().Context()); err != nil {
		return err
	}
	if wantsRun(c) {
		rungs, report, err := s.begin(c.Request().Context(), target)
		if err != nil {
			return err
		}
		for range rungs {
		}
		r := report()
		data.Report = &r
	}
	return c.JSON(http.StatusOK, data)
}
