package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"sockeye/access"
	"sockeye/poller"
	"sockeye/query"
	"sockeye/static"
)

// channel is one connection to a viewer's browser. The WebSocket library stands behind it.
type channel interface {
	// read returns the next text message. It fails when the connection ends or the message breaks a rule; the
	// error is then a *violation where the viewer is to be told.
	read(ctx context.Context) ([]byte, error)
	write(ctx context.Context, message []byte) error
	// ping waits for the answer.
	ping(ctx context.Context) error
	// close says goodbye and ends the connection within a second, reads under way included.
	close(code int, reason string)
}

// The times of a live connection.
const (
	writeTimeout = 5 * time.Second
	pingInterval = 10 * time.Second
	pingTimeout  = 5 * time.Second
)

// live handles GET /live: it lets a viewer in and serves it until one of the two goes.
func (s *Site) live(c echo.Context) error {
	q, sp, err := s.viewOf(c.QueryString())
	if err != nil {
		return badRequest(err)
	}
	if !c.IsWebSocket() {
		c.Response().Header().Set(echo.HeaderUpgrade, "websocket") // RFC 9110 section 15.5.22
		return echo.NewHTTPError(http.StatusUpgradeRequired, "The live view is a WebSocket; its rows as data are at /connections.json.")
	}
	if !s.hub.admit() {
		c.Response().Header().Set("Retry-After", "10")
		return echo.NewHTTPError(http.StatusServiceUnavailable, "Too many people look at this machine now; try again later.")
	}
	defer s.hub.dismiss()
	stop := s.poller.Watch()
	defer stop()
	if err := s.freshEnough(c.Request().Context()); err != nil {
		return err
	}
	ch, err := accept(c.Response(), c.Request())
	if err != nil && c.Response().Committed { // the library has told the client what is wrong with its handshake
		s.log.Debug("viewer refused", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	look := access.Of(c.Request().Context()).Session.Look()
	defer look.Close()
	session := &session{hub: s.hub, channel: ch, viewer: newViewer(mayAsk(c.Request().Context())), hello: s.hello(), look: look}
	session.run(c.Request().Context(), q, sp)
	return nil
}

// hello encodes the greeting.
func (s *Site) hello() []byte {
	return encode(helloFrame{
		Type: "hello", Version: protocolVersion, Build: static.Build(), Host: s.host,
		Columns: lineColumns(s.hub.fields), Groups: groupCells(), States: stateNames(), Flows: flowNames,
	})
}

// viewOf reads a view and the place of its window.
func (s *Site) viewOf(rawQuery string) (query.Query, span, error) {
	q, page, err := query.FromURL(rawQuery)
	if err != nil {
		return q, span{}, err
	}
	sp, err := spanOf(page)
	return q.Rows(), sp, err
}

// freshEnough waits until there is a table to look at; one that is there already is good enough, because the viewer
// gets the next one anyway.
func (s *Site) freshEnough(ctx context.Context) error {
	var seq uint64
	s.poller.Read(func(t *poller.Table) { seq = t.Status().Seq })
	if seq > 0 {
		return nil
	}
	return s.poller.Fresh(ctx)
}

// session serves one viewer.
type session struct {
	hub     *hub
	channel channel
	viewer  *viewer
	hello   []byte
	look    *access.Look // what the owner sees of this viewer; nil for the owner's own
	sent    uint64       // seq of the last frame sent
}

// run serves the viewer until its connection ends, it breaks a rule, it stops reading, or ctx ends. Its two helpers,
// which read and ping, have ended when it returns. A name that has no address matches nothing, and the viewer is told.
func (s *session) run(ctx context.Context, q query.Query, sp span) {
	q, problem := s.hub.book.resolve(ctx, q)
	s.look.Show(q.Encode())
	s.hub.join(s.viewer, q, sp)
	defer s.hub.leave(s.viewer)
	if problem != nil { // a browser that comes again would never learn the reason of a refusal
		s.viewer.complain(problem.Error())
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- s.readAll(inner) }()
	go func() { ended <- s.pingAll(inner) }()
	helpers := 2

	err := s.write(inner, s.hello)
	for err == nil {
		select {
		case <-ctx.Done():
			err = &violation{closeGoingAway, "The server stops."}
			if ended := access.EndedBy(ctx); ended != nil {
				err = &violation{closeEnded, ended.Text}
			}
		case err = <-ended:
			helpers--
		case <-s.viewer.wake:
			err = s.send(inner)
		}
	}
	code, reason := goodbye(err)
	s.channel.close(code, reason)
	cancel()
	for range helpers {
		<-ended
	}
}

// send writes what is pending.
func (s *session) send(ctx context.Context) error {
	errors, pending, snap, counted := s.viewer.take()
	for _, e := range errors {
		if err := s.write(ctx, e); err != nil {
			return err
		}
	}
	if pending != nil && pending.from != s.sent {
		s.hub.traffic.replaced.Add(1)
		snap = true
	}
	switch {
	case snap:
		pending = s.hub.snap(s.viewer)
	case pending == nil:
		return s.sendFacets(ctx, counted)
	}
	s.sent = pending.seq
	if err := s.write(ctx, pending.data); err != nil {
		return err
	}
	return s.sendFacets(ctx, counted)
}

// sendFacets writes the facets where there are any to be sent.
func (s *session) sendFacets(ctx context.Context, facets []byte) error {
	if facets == nil {
		return nil
	}
	return s.write(ctx, facets)
}

func (s *session) write(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := s.channel.write(ctx, message); err != nil {
		return err
	}
	s.hub.traffic.count(message)
	s.look.Sent(len(message))
	return nil
}

// pingAll asks for a sign of life until there is none.
func (s *session) pingAll(ctx context.Context) error {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if err := s.pingOnce(ctx); err != nil {
			return err
		}
	}
}

func (s *session) pingOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return s.channel.ping(ctx)
}

// readAll reads messages until the connection ends or one breaks a rule.
func (s *session) readAll(ctx context.Context) error {
	allowance := rate.NewLimiter(messagesPerSecond, messagesPerSecond)
	for {
		b, err := s.channel.read(ctx)
		if err != nil {
			return err
		}
		if !allowance.Allow() {
			return &violation{closePolicy, "Too many messages."}
		}
		if err := s.message(ctx, b); err != nil {
			return err
		}
	}
}

// message does what a client's message asks for.
func (s *session) message(ctx context.Context, b []byte) error {
	m, err := parseMessage(b)
	if err != nil {
		return err
	}
	switch m.Type {
	case "resync":
		s.hub.resync(s.viewer)
		return nil
	case "hold":
		s.hub.hold(s.viewer)
		return nil
	case "facets":
		s.hub.showFacets(s.viewer, m.On)
		return nil
	}
	if !s.look.TakeView(time.Now()) {
		return &violation{closePolicy, "Too many views."}
	}
	q, sp, err := m.view()
	if err == nil {
		q, err = s.hub.book.resolve(ctx, q)
	}
	if err != nil {
		s.viewer.complain(err.Error())
		return nil
	}
	s.look.Show(q.Encode())
	s.hub.join(s.viewer, q, sp)
	return nil
}
