package web

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"sockeye/poller"
	"sockeye/query"
)

// The close codes of the live protocol (RFC 6455 section 7.4.1).
const (
	closeNormal    = 1000
	closeGoingAway = 1001
	closeBinary    = 1003
	closeNotUTF8   = 1007
	closePolicy    = 1008
	closeTooLong   = 1009
	closeEnded     = 4401 // of our own: the session is over, and coming again is of no use
)

// violation ends a live connection with a word to the viewer.
type violation struct {
	code   int
	reason string // at most 123 bytes
}

func (v *violation) Error() string { return fmt.Sprintf("close %d: %s", v.code, v.reason) }

// goodbye returns the close code and reason for the error that ended a session.
func goodbye(err error) (code int, reason string) {
	var v *violation
	if errors.As(err, &v) {
		return v.code, v.reason
	}
	return closeNormal, ""
}

// clientMessage is what a viewer may say.
type clientMessage struct {
	Type   string `json:"t"`
	Query  string `json:"q"`
	Offset int    `json:"offset"`
	Limit  int    `json:"limit"`
	Anchor string `json:"anchor"`
	Above  int    `json:"above"`
	On     bool   `json:"on"`
}

// parseMessage reads a message strictly: see decodeStrictly.
func parseMessage(b []byte) (clientMessage, error) {
	var m clientMessage
	if err := decodeStrictly(b, &m); err != nil {
		return m, &violation{closePolicy, "A message must be one JSON object of this protocol."}
	}
	switch m.Type {
	case "view", "hold", "resync", "facets":
		return m, nil
	}
	return m, &violation{closePolicy, `A message's "t" must be view, hold, resync or facets.`}
}

// view reads the view that the message asks for.
func (m *clientMessage) view() (query.Query, span, error) {
	q, page, err := query.FromURL(m.Query)
	if err != nil {
		return q, span{}, err
	}
	page.Set("offset", strconv.Itoa(m.Offset))
	page.Set("limit", strconv.Itoa(m.Limit))
	page.Set("anchor", m.Anchor)
	page.Set("above", strconv.Itoa(m.Above))
	sp, err := spanOf(page)
	return q.Rows(), sp, err
}

// The bounds of a window.
const (
	defaultLimit = 60
	pageRows     = 100 // of a page as it is first sent: with a script it asks for what it has room for
	maxLimit     = 200
	maxOffset    = 10_000_000
)

// spanOf reads the place of a window from the parameters of a page.
func spanOf(page url.Values) (span, error) {
	offset, err := number(page, "offset", 0, 0, maxOffset)
	if err != nil {
		return span{}, err
	}
	limit, err := number(page, "limit", defaultLimit, 1, maxLimit)
	if err != nil {
		return span{}, err
	}
	s := span{offset: offset, limit: limit}
	if text := page.Get("anchor"); text != "" {
		var ok bool
		if s.anchor, ok = poller.ParseID(text); !ok {
			return span{}, fmt.Errorf("anchor must be the id of a connection, not %.64q", text)
		}
	}
	s.above, err = number(page, "above", 0, 0, maxLimit-1)
	return s, err
}

// number reads one whole number within bounds.
func number(page url.Values, name string, otherwise, low, high int) (int, error) {
	text := page.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s must be a number from %d to %d, not %.64q", name, low, high, text)
	}
	return n, nil
}

// messagesPerSecond is how many messages a viewer may send a second, and how many at once.
const messagesPerSecond = 20
