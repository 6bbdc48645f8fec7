package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
)

// export is all matches of a query at one moment.
type export struct {
	status poller.Status
	total  int
	rows   []poller.Connection
	// named are the names of remote addresses, nil where the view wants none.
	named map[netip.Addr]string
}

// flushRows is how many rows are written between two flushes to the reader.
const flushRows = 1000

// export reads the request's view and copies what it matches: each socket on its own, whatever the view groups or joins,
// since who reads data can do that and cannot undo it.
func (s *Site) export(c echo.Context) (*export, error) {
	q, page, err := s.readView(c.Request().Context(), c.QueryString())
	if err != nil {
		return nil, badRequest(err)
	}
	for name := range page {
		return nil, badRequest(fmt.Errorf("%s is not possible here: all matches are sent", name))
	}
	e := &export{}
	err = s.fresh(c.Request().Context(), func(t *poller.Table) {
		rows := selectRows(q, t)
		e.rows = make([]poller.Connection, len(rows))
		for i, row := range rows {
			e.rows[i] = *row
		}
		e.status, e.total = t.Status(), t.Len()
	})
	if err == nil && q.Names() {
		e.named = s.nameRows(c.Request().Context(), e.rows)
	}
	return e, err
}

// start begins an answer of the given type, to be saved under a fixed name where the browser saves it.
func start(c echo.Context, contentType, name string) {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, contentType)
	h.Set(echo.HeaderContentDisposition, `inline; filename="`+name+`"`)
	c.Response().WriteHeader(http.StatusOK)
}

// each writes the rows one after the other and flushes now and then, so that a long answer flows. It ends early when
// the reader goes.
func (e *export) each(c echo.Context, write func(i int, row *poller.Connection) error) error {
	for i := range e.rows {
		if err := write(i, &e.rows[i]); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if i%flushRows == flushRows-1 {
			if err := c.Request().Context().Err(); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			c.Response().Flush()
		}
	}
	return nil
}

// envelope is /connections.json without its rows, which are written one by one in place of the last field.
type envelope struct {
	At       time.Time `json:"at"`
	Seq      uint64    `json:"seq"`
	Host     string    `json:"host"`
	Source   string    `json:"source"`
	Complete bool      `json:"complete"`
	Notes    []string  `json:"notes"`
	Total    int       `json:"total"`
	Matched  int       `json:"matched"`
}

// exportJSON handles GET /connections.json.
func (s *Site) exportJSON(c echo.Context) error {
	e, err := s.export(c)
	if err != nil {
		return err
	}
	head, err := marshal(envelope{
		At: e.status.At.UTC(), Seq: e.status.Seq, Host: s.host, Source: e.status.Source, Complete: e.status.Complete,
		Notes: e.notes(), Total: e.total, Matched: len(e.rows),
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	start(c, echo.MIMEApplicationJSON, "connections.json")
	w := c.Response()
	if _, err := fmt.Fprintf(w, "%s,\"connections\":[", head[:len(head)-1]); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	fields, line := e.fields(), []byte(nil)
	err = e.each(c, func(i int, row *poller.Connection) error {
		line = line[:0]
		if i > 0 {
			line = append(line, ',')
		}
		_, err := w.Write(appendObject(append(line, '\n'), fields, row, e.status.At))
		return err
	})
	if err != nil {
		return err
	}
	_, err = w.Write([]byte("\n]}\n"))
	return err
}

// notes returns what the reader has to know of these rows.
func (e *export) notes() []string {
	notes := append([]string{}, e.status.Notes...)
	if e.status.Stale != "" {
		notes = append(notes, e.status.Stale)
	}
	return notes
}

// exportNDJSON handles GET /connections.ndjson: one JSON object a line.
func (s *Site) exportNDJSON(c echo.Context) error {
	e, err := s.export(c)
	if err != nil {
		return err
	}
	start(c, "application/x-ndjson", "connections.ndjson")
	fields, line := e.fields(), []byte(nil)
	return e.each(c, func(_ int, row *poller.Connection) error {
		line = append(appendObject(line[:0], fields, row, e.status.At), '\n')
		_, err := c.Response().Write(line)
		return err
	})
}

// exportCSV handles GET /connections.csv (RFC 4180, with the fields' names as its header).
func (s *Site) exportCSV(c echo.Context) error {
	e, err := s.export(c)
	if err != nil {
		return err
	}
	start(c, "text/csv; charset=utf-8; header=present", "connections.csv")
	fields := e.fields()
	line := appendRecord(nil, names(fields))
	if _, err := c.Response().Write(line); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	cells := make([]string, len(fields))
	return e.each(c, func(_ int, row *poller.Connection) error {
		for n := range fields {
			cells[n] = csvCell(fields[n].of(row, e.status.At))
		}
		line = appendRecord(line[:0], cells)
		_, err := c.Response().Write(line)
		return err
	})
}

// appendRecord appends the cells as a record of RFC 4180. The writer of encoding/csv is not used because, with the
// line ends of that RFC, it changes those within a cell.
func appendRecord(dst []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		if cell != strings.Trim(cell, " ") || strings.ContainsAny(cell, "\",\r\n") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		dst = append(dst, cell...)
	}
	return append(dst, '\r', '\n')
}

// csvCell returns the value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe in front
// (OWASP, "CSV Injection"), so that a process cannot name itself into a command, and what would act on a
// terminal is made visible.
func csvCell(v value) string {
	s := strings.ToValidUTF8(v.String(), "\uFFFD")
	if v.kind != text {
		return s
	}
	if strings.HasPrefix(strings.TrimLeft(s, " "), "'") || startsFormula(s) {
		return "'" + inertCell(s)
	}
	return inertCell(s)
}

// startsFormula reports whether a spreadsheet may read the text as something else than text.
func startsFormula(s string) bool {
	for _, r := range s {
		return strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", r)
	}
	return false
}
