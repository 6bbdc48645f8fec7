package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/processes"
	"sockeye/views"
	"sockeye/workload"
)

// maxRanked is how many processes the page lists; as data there are all.
const maxRanked = 500

// ranking handles GET /processes.
func (s *Site) ranking(c echo.Context) error { return s.rank(c, false) }

// rankingData handles GET /processes.json.
func (s *Site) rankingData(c echo.Context) error { return s.rank(c, true) }

// rank answers with all processes that hold sockets, in the order asked for.
func (s *Site) rank(c echo.Context, asData bool) error {
	order, problem := workload.ParseOrder(c.QueryParam("sort"))
	if problem != nil && asData {
		return badRequest(problem)
	}
	page := views.ProcessList{Order: order}
	err := s.fresh(c.Request().Context(), func(t *poller.Table) {
		page.Status = t.Status()
		page.Processes, page.Without = workload.Survey(t)
	})
	if err != nil {
		return err
	}
	workload.Sort(page.Processes, order)
	page.Total = len(page.Processes)
	page.Page = s.page(c, views.NavProcesses, page.Status)
	if asData {
		return c.JSON(http.StatusOK, s.rankingJSON(&page))
	}
	page.Processes = page.Processes[:min(page.Total, maxRanked)]
	if c.QueryParam("part") == "1" {
		return s.render(c, http.StatusOK, views.ProcessListPart(page))
	}
	status := http.StatusOK
	if problem != nil {
		status, page.Problem = http.StatusBadRequest, problem.Error()
		page.Order = workload.DefaultOrder
	}
	return s.render(c, status, views.ProcessListPage(page))
}

// processPage handles GET /processes/{pid}, with .json behind it for data: what is known of one process. start= is its
// start, as links have it: where another process has the PID by now, that is said, with 410.
func (s *Site) processPage(c echo.Context) error {
	if deeper(c.Param("pid")) {
		return echo.ErrNotFound
	}
	name, asData := cutFormat(c.Param("pid"), ".json")
	pid, start, err := processAsked(name, c.QueryParam("start"))
	if err != nil {
		return badRequest(err)
	}
	page := views.ProcessPage{PID: pid, Start: start, Service: serviceName, Interface: interfaceNames(s.log)}
	status, err := s.describeProcess(c.Request().Context(), &page)
	if err != nil {
		return err
	}
	if asData && page.Missing != "" {
		return echo.NewHTTPError(status, page.Missing)
	}
	page.Page = s.page(c, views.NavProcesses, page.Status)
	page.Actions = s.processActions(c.Request(), &page)
	switch {
	case asData:
		return c.JSON(http.StatusOK, s.processDetailJSON(&page))
	case c.QueryParam("part") == "1":
		// Browsers log every 4xx as an error of the page, and that a process ends is none.
		return s.render(c, http.StatusOK, views.ProcessPart(page))
	}
	return s.render(c, status, views.ProcessPageView(page))
}

// deeper reports whether a path goes on behind the last part that a route names: the router hands that on as well. Without
// actions there is nothing below a connection or a process.
func deeper(param string) bool { return strings.Contains(param, "/") }

// processAsked reads the PID and the start of an address.
func processAsked(pid, start string) (int32, uint64, error) {
	n, err := strconv.ParseUint(pid, 10, 31)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != pid {
		return 0, 0, errors.New("a process is named by its PID, a number from 1 on, not " + strconv.Quote(cut(pid)))
	}
	if start == "" {
		return int32(n), 0, nil
	}
	at, err := strconv.ParseUint(start, 10, 64)
	if err != nil || at == 0 {
		return 0, 0, errors.New("start is the start of the process in clock ticks since boot, a number from 1 on, not " + strconv.Quote(cut(start)))
	}
	return int32(n), at, nil
}

// describeProcess fills in what is known of a process, and returns the status of the answer.
func (s *Site) describeProcess(ctx context.Context, page *views.ProcessPage) (status int, err error) {
	d, err := s.readProcess(ctx, page.PID, 0)
	switch {
	case err == nil && page.Start != 0 && d.Start != page.Start:
		page.Missing = "The process that had PID " + strconv.Itoa(int(page.PID)) + " has ended; another one has it by now."
		page.Another = d
		return http.StatusGone, s.stamp(ctx, page)
	case errors.Is(err, processes.ErrGone) && page.Start != 0:
		page.Missing = "The process that had PID " + strconv.Itoa(int(page.PID)) + " has ended."
		return http.StatusGone, s.stamp(ctx, page)
	case errors.Is(err, processes.ErrGone):
		page.Missing = "There is no process with PID " + strconv.Itoa(int(page.PID)) + "."
		return http.StatusNotFound, s.stamp(ctx, page)
	case errors.Is(err, processes.ErrHidden):
		page.DetailsNote = "The process is hidden from the user that sockeye runs as; what the table of sockets has of it is below."
	case err != nil:
		s.log.Warn("details of a process", "error", err)
		page.DetailsNote = "The system did not tell more of this process; the reason is in the log of the program."
	default:
		page.Details, page.Start = d, d.Start
	}
	return http.StatusOK, s.describeNetwork(ctx, page)
}

// stamp notes of what moment a page without a process is.
func (s *Site) stamp(ctx context.Context, page *views.ProcessPage) error {
	return s.fresh(ctx, func(t *poller.Table) { page.Status = t.Status() })
}

// describeNetwork fills in what the table tells of a process, and what has grown since others looked.
func (s *Site) describeNetwork(ctx context.Context, page *views.ProcessPage) error {
	err := s.fresh(ctx, func(t *poller.Table) {
		page.Status = t.Status()
		page.Network, _ = workload.Describe(t, workload.Key{PID: page.PID, Start: page.Start})
	})
	if err != nil {
		return err
	}
	var v workload.Vitals
	if d := page.Details; d != nil {
		if d.Descriptors.Known() {
			v.Descriptors = &d.Descriptors.Value
		}
		if d.CPU.Known() {
			v.CPU = &d.CPU.Value
		}
	}
	page.Signs = s.growth.Look(workload.Key{PID: page.PID, Start: page.Start}, v, time.Now())
	return nil
}
