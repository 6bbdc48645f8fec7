package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/query"
	"sockeye/views"
)

// readView reads the view of a URL and looks its names up. The error is one sentence for the reader.
func (s *Site) readView(ctx context.Context, rawQuery string) (query.Query, url.Values, error) {
	q, page, err := query.FromURL(rawQuery)
	if err != nil {
		return q, page, err
	}
	q, err = s.hub.book.resolve(ctx, q)
	return q, page, err
}

// viewInfo is what the script needs to show another view without loading a page.
type viewInfo struct {
	Encode  string            `json:"encode"`
	Rows    string            `json:"rows"` // the part of it that says which rows there are and in what order
	Box     string            `json:"box"`
	Chips   []chip            `json:"chips"`
	Sort    []sortedBy        `json:"sort"`
	Headers map[string]string `json:"headers"` // what a click on a column's header leads to
	Then    map[string]string `json:"then"`    // the same for a click with Shift
	Hint    *hint             `json:"hint,omitempty"`
}

// hint is another view that may be meant.
type hint struct {
	Text   string `json:"text"`
	Encode string `json:"encode"`
}

// hintOf returns what the text of a box may mean in place of what it says, nil where there is nothing to offer. How
// the view looks stays.
func hintOf(rawQuery string, in query.Query) *hint {
	meant, ok := query.Translate(boxOf(rawQuery))
	if !ok {
		meant, ok = query.Translate(typedText(in))
	}
	if !ok {
		return nil
	}
	meant = meant.LaidOutAs(in)
	return &hint{meant.String(), meant.Encode()}
}

// typedText returns the text of a box that a view may have come from: words as they were written, without the quotes
// that they have in canonical spelling.
func typedText(q query.Query) string {
	var text []string
	for _, t := range q.Terms() {
		switch {
		case t.Key != "" || t.Group:
			text = append(text, t.String())
		case t.Not:
			text = append(text, "-"+t.Values[0])
		default:
			text = append(text, t.Values[0])
		}
	}
	return strings.Join(text, " ")
}

// shownHint is hintOf for a page.
func shownHint(rawQuery string, in query.Query) views.Hint {
	if h := hintOf(rawQuery, in); h != nil {
		return views.Hint(*h)
	}
	return views.Hint{}
}

// chip is one term of the filter and the view without it.
type chip struct {
	Text   string `json:"text"`
	Remove string `json:"remove"`
}

type sortedBy struct {
	Column string `json:"column"`
	Desc   bool   `json:"desc"`
}

// viewInfo handles GET /view: it reads a view as the page would, by the one parser there is. That a view cannot be
// read is an answer too, and no failure of the request: {"error": "…"} with 200. Either may have a hint.
func (s *Site) viewInfo(c echo.Context) error {
	q, _, err := s.readView(c.Request().Context(), c.QueryString())
	if err != nil {
		return c.JSON(http.StatusOK, struct {
			failureJSON
			Hint *hint `json:"hint,omitempty"`
		}{failureJSON{err.Error()}, hintOf(c.QueryString(), q)})
	}
	info := viewInfo{
		Hint: hintOf(c.QueryString(), q), Encode: q.Encode(), Rows: q.Rows().Encode(), Box: q.String(),
		Chips: []chip{}, Sort: []sortedBy{}, Headers: map[string]string{}, Then: map[string]string{},
	}
	for i, t := range q.Terms() {
		info.Chips = append(info.Chips, chip{Text: t.String(), Remove: q.Without(i).Encode()})
	}
	for _, o := range q.Order() {
		info.Sort = append(info.Sort, sortedBy{o.Column, o.Desc})
	}
	if q.Group() != "" {
		info.Headers[query.CountColumn] = q.SortBy(query.CountColumn).Encode()
		info.Then[query.CountColumn] = q.ThenBy(query.CountColumn).Encode()
	}
	for _, column := range query.Columns() {
		info.Headers[column.Name] = q.SortBy(column.Name).Encode()
		info.Then[column.Name] = q.ThenBy(column.Name).Encode()
	}
	return c.JSON(http.StatusOK, info)
}
