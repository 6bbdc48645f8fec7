package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/query"
	"sockeye/views"
)

// dashboard handles GET /: the table as a page. A view whose URL is not spelled canonically, as forms spell it, is
// sent on to the one that is.
func (s *Site) dashboard(c echo.Context) error {
	raw := c.QueryString()
	q, page, err := s.readView(c.Request().Context(), raw)
	if err != nil {
		return s.dashboardProblem(c, raw, err)
	}
	sp, err := spanOf(page)
	if err != nil {
		return s.dashboardProblem(c, raw, err)
	}
	when, err := periodOf(page)
	if err != nil {
		return s.dashboardProblem(c, raw, err)
	}
	if canonical := encodeView(q, page); !sameText(canonical, raw) {
		return c.Redirect(http.StatusSeeOther, address("/", canonical))
	}
	if page.Get("limit") == "" {
		sp.limit = pageRows // without script the page is all there is
	}
	d := views.Dashboard{Query: q, Box: q.String(), Offset: sp.offset, Limit: sp.limit, Service: serviceName, Hint: shownHint(raw, q)}
	d.From, d.To = when.from, when.to
	err = s.fresh(c.Request().Context(), func(t *poller.Table) {
		fillDashboard(&d, t, sp)
		if !when.to.IsZero() {
			d.History = when.of(t.HistoryOver(poller.HistorySpan))
		}
	})
	if err != nil {
		return err
	}
	d.Findings = s.findingsNow()
	if q.Names() {
		s.nameLines(c.Request().Context(), d.Entries)
	}
	d.Page = s.page(c, views.NavConnections, d.Status)
	return s.render(c, http.StatusOK, views.DashboardPage(d))
}

// fillDashboard copies out of the table what the page shows.
func fillDashboard(d *views.Dashboard, t *poller.Table, sp span) {
	d.Status, d.History, d.Total, d.Facets = t.Status(), t.History(), t.Len(), facetsOf(d.Query, t)
	d.Rights = rightsOf(t)
	if needsLines(d.Query) {
		fillLines(d, t, sp)
		return
	}
	rows := selectRows(d.Query, t)
	d.Matched, d.Lines = len(rows), len(rows)
	if i := slices.IndexFunc(rows, func(c *poller.Connection) bool { return c.ID == sp.anchor }); i >= 0 {
		sp.offset = max(0, i-sp.above)
		d.Offset = sp.offset
	}
	for _, c := range within(sp, rows) {
		d.Rows = append(d.Rows, *c)
	}
}

// dashboardProblem answers a view that cannot be read: the page with the reason beside the box, and no rows.
func (s *Site) dashboardProblem(c echo.Context, raw string, cause error) error {
	d := views.Dashboard{Box: strings.ToValidUTF8(boxOf(raw), "\uFFFD"), Problem: cause.Error(), Limit: defaultLimit, Service: serviceName,
		Hint: shownHint(raw, query.Query{})}
	s.poller.Read(func(t *poller.Table) {
		d.Facets = facetsOf(query.Query{}, t)
		d.Status, d.History, d.Total = t.Status(), t.History(), t.Len()
	})
	d.Findings = s.findingsNow()
	d.Page = s.page(c, views.NavConnections, d.Status)
	return s.render(c, http.StatusBadRequest, views.DashboardPage(d))
}

// maxBox is the length at which a box's text that could not be read is cut when it is shown again.
const maxBox = 1024

// noTerms are the parameters of a URL that are no terms of the filter.
var noTerms = []string{"sort", "group", "open", "pair", "names", "cols", "n", "sel", "offset", "limit", "anchor", "above", "from", "to"}

// boxOf returns the text of the box of a URL that could not be read: what was typed where a form sent it, and
// elsewhere the URL's own words.
func boxOf(raw string) string {
	raw = raw[:min(len(raw), maxBox)]
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	if typed := values.Get("q"); typed != "" {
		return typed
	}
	var terms []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, value = unescaped(key), unescaped(value); value != "" && !slices.Contains(noTerms, key) {
			terms = append(terms, key+":"+quoteList(value))
		}
	}
	return strings.Join(terms, " ")
}

// unescaped decodes one half of a pair of a URL that url.ParseQuery could read.
func unescaped(s string) string {
	text, err := url.QueryUnescape(s)
	if err != nil { // cannot be: the whole could be read
		return s
	}
	return text
}

// quoteList writes the value of a pair, where words need no quotes, as the box has it; its commas stay commas.
func quoteList(value string) string {
	if strings.Contains(value, `"`) {
		return value
	}
	parts := strings.Split(value, ",")
	for i, part := range parts {
		if part != "" {
			parts[i] = query.Quote(part)
		}
	}
	return strings.Join(parts, ",")
}

// encodeView returns the canonical query string of a view and its page parameters.
func encodeView(q query.Query, page url.Values) string {
	encoded := q.Encode()
	if rest := page.Encode(); rest != "" && encoded != "" {
		return encoded + "&" + rest
	} else if rest != "" {
		return rest
	}
	return encoded
}

// sameText reports whether two query strings are the same but for their escapes, which a proxy may write in another
// way each time: sending it on for those would never end.
func sameText(a, b string) bool {
	one, errOne := url.QueryUnescape(a)
	two, errTwo := url.QueryUnescape(b)
	return errOne == nil && errTwo == nil && one == two
}

// address joins a path and a query string.
func address(path, rawQuery string) string {
	if rawQuery == "" {
		return path
	}
	return path + "?" + rawQuery
}
