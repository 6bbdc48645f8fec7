package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/poller/sockdiag"
	"sockeye/processes"
	"sockeye/views"
)

// maxSiblings is how many other connections of a process are listed with one of them.
const maxSiblings = 20

// processReader tells of a process by its identity; package processes stands behind it.
type processReader func(ctx context.Context, pid int32, start uint64) (*processes.Details, error)

// connection handles GET /connections/{id}, with .json behind it for data and ?panel=1 for the script: everything known
// of one connection. One that is over is 410 with its last values for as long as they are kept, one that is not known
// is 404.
func (s *Site) connection(c echo.Context) error {
	if deeper(c.Param("id")) {
		return echo.ErrNotFound
	}
	name, asData := cutFormat(c.Param("id"), ".json")
	id, valid := poller.ParseID(name)
	if !valid {
		return echo.NewHTTPError(http.StatusBadRequest,
			"A connection's id is a hexadecimal number, as in the id field of /connections.json, not "+strconv.Quote(cut(name))+".")
	}
	ctx := c.Request().Context()
	i := views.Inspector{Service: serviceName, Name: s.nameOf, Origin: origin(c.Request()), MayAsk: mayAsk(ctx)}
	there, err := s.find(ctx, id, &i)
	if err != nil {
		return err
	}
	i.Actions = s.connectionActions(c.Request(), &i)
	panel := c.QueryParam("panel") != "" && !asData
	if there && c.QueryParam("names") == "1" {
		s.nameRemote(ctx, &i, panel)
	}
	switch missing := "There is no connection with the id " + name + ", and none that ended in the last minutes."; {
	case there && panel:
		// Browsers log every 4xx as an error of the page, and that a connection ends is none.
		return s.render(c, http.StatusOK, views.InspectorPanel(i))
	case there:
		i.Page = s.page(c, "", i.Status)
		return s.answer(c, &i, asData)
	case panel:
		return s.render(c, http.StatusOK, views.NoInspector(id, missing))
	default:
		return echo.NewHTTPError(http.StatusNotFound, missing)
	}
}

// answer sends a connection as a page or as data.
func (s *Site) answer(c echo.Context, i *views.Inspector, asData bool) error {
	status := http.StatusOK
	if i.Over {
		status = http.StatusGone
	}
	if !asData {
		return s.render(c, status, views.InspectorPage(*i))
	}
	body, err := inspectorData(i)
	if err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

// find fills in what is known of a connection, now or from memory; there is false where nothing is.
func (s *Site) find(ctx context.Context, id poller.ID, i *views.Inspector) (there bool, err error) {
	err = s.fresh(ctx, func(t *poller.Table) {
		i.Status = t.Status()
		row, found := t.Get(id)
		if there = found; !found {
			return
		}
		i.Connection = *row
		if peer, found := t.Get(row.Peer); found {
			copied := *peer
			i.Peer = &copied
		}
		fillSiblings(i, t)
	})
	i.Host = s.host
	switch {
	case err != nil:
		return false, err
	case !there:
		return s.recall(id, i), nil
	}
	i.Steps, i.Samples = s.memory.Steps(id), s.memory.Look(&i.Connection, i.Status.At)
	i.Detail, i.DetailNote = s.detail(ctx, &i.Connection)
	i.Process, i.ProcessNote = s.ownerDetails(ctx, &i.Connection)
	return true, nil
}

// recall fills in the last values of a connection that is over, as far as they are kept.
func (s *Site) recall(id poller.ID, i *views.Inspector) bool {
	gone, kept := s.memory.Gone(id)
	if !kept {
		return false
	}
	i.Over, i.Ended, i.Between = true, gone.At, !gone.Seen
	i.Connection, i.Steps, i.Samples = gone.Connection, gone.Steps, gone.Samples
	i.DetailNote = "The system counts nothing of a connection that is over."
	return true
}

// fillSiblings notes the other connections of the process.
func fillSiblings(i *views.Inspector, t *poller.Table) {
	owner := i.Connection.Owner
	if owner == nil {
		return
	}
	for c := range t.All() {
		if c.Owner == nil || c.ID == i.Connection.ID || c.Owner.PID != owner.PID || c.Owner.Start != owner.Start {
			continue
		}
		if i.SiblingsTotal++; len(i.Siblings) < maxSiblings {
			i.Siblings = append(i.Siblings, *c)
		}
	}
}

// detail asks for what the kernel tells of the socket; the note says why there is nothing.
func (s *Site) detail(ctx context.Context, c *poller.Connection) (*sockdiag.Detail, string) {
	d, err := s.poller.Details(ctx, &c.Socket)
	switch {
	case err == nil:
		return d, ""
	case errors.Is(err, poller.ErrNoDetails):
		return nil, "The source of this table tells no more of a socket than its row; netlink on Linux does."
	case errors.Is(err, sockdiag.ErrGone):
		return nil, "The socket has just gone."
	}
	s.log.Warn("details of a socket", "error", err)
	return nil, "The system did not tell more of this socket; the reason is in the log of the program."
}

// ownerDetails asks for what is known of the owner; the note says why there is nothing.
func (s *Site) ownerDetails(ctx context.Context, c *poller.Connection) (*processes.Details, string) {
	if c.Owner == nil {
		return nil, ""
	}
	d, err := s.readProcess(ctx, c.Owner.PID, c.Owner.Start)
	switch {
	case err == nil:
		return d, ""
	case errors.Is(err, processes.ErrGone):
		return nil, "The process has ended; what another one under its PID does is not told here."
	case errors.Is(err, processes.ErrHidden):
		return nil, "The process is hidden from the user that sockeye runs as."
	}
	s.log.Warn("details of a process", "error", err)
	return nil, "The system did not tell more of this process; the reason is in the log of the program."
}

// nameRemote asks for the name of the remote address, beside which it stands. The panel does not wait long: it asks again
// in a moment.
func (s *Site) nameRemote(ctx context.Context, i *views.Inspector, panel bool) {
	wait := exportNames
	if panel {
		wait = pageNames
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	addr := remoteOf(&i.Connection)
	if i.Asked = addr.IsValid(); !i.Asked {
		return
	}
	a := asks(ctx, s.names)
	a.wait(ctx, []netip.Addr{addr})
	i.RemoteName = a.name(addr)
}

// nameOf names the machine's own loopback; nothing is looked up anywhere.
func (s *Site) nameOf(a netip.Addr) string {
	if a.IsLoopback() {
		return "localhost"
	}
	return ""
}

// origin returns scheme, host and port by which the request came. The host has passed the server's gate.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// states handles GET /states: what each state means.
func (s *Site) states(c echo.Context) error {
	var status poller.Status
	s.poller.Read(func(t *poller.Table) { status = t.Status() })
	return s.render(c, http.StatusOK, views.StatesPage(views.States{Page: s.page(c, views.NavStates, status)}))
}
