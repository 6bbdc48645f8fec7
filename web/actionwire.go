package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"sockeye/actions"
	"sockeye/poller"
	"sockeye/views"
)

// maxOrder is how long the body of an order may be, in bytes.
const maxOrder = 4096

// refusalJSON is a refusal as data.
type refusalJSON struct {
	Error string  `json:"error"`
	How   *string `json:"how"`
}

// processIDJSON is the whole identity of a process. The name is in the quotes of Go, so that any bytes come back the same.
type processIDJSON struct {
	Boot     string `json:"boot_id"`
	PID      int32  `json:"pid"`
	Start    uint64 `json:"start"`
	Instance uint64 `json:"instance"`
	Name     string `json:"name"`
}

// connectionIDJSON is the whole identity of a connection.
type connectionIDJSON struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	Local  string `json:"local"`
	Remote string `json:"remote"`
	State  string `json:"state"`
}

// orderJSON is the body of an order as data.
type orderJSON struct {
	Nonce      string            `json:"nonce"`
	Process    *processIDJSON    `json:"process,omitempty"`
	Connection *connectionIDJSON `json:"connection,omitempty"`
}

// fromOwnPage makes sure that a POST was made by a page of ours, in the one form that it is made in. The server has asked
// this before; an act asks once more.
func fromOwnPage(r *http.Request, asData bool) error {
	if all := r.Header["Origin"]; len(all) != 1 || all[0] != origin(r) {
		return echo.NewHTTPError(http.StatusForbidden, "This was not sent by a page of this sockeye, so nothing was done.")
	}
	if site := r.Header["Sec-Fetch-Site"]; len(site) > 0 && (len(site) > 1 || site[0] != "same-origin") {
		return echo.NewHTTPError(http.StatusForbidden, "This was not sent by a page of this sockeye, so nothing was done.")
	}
	want := echo.MIMEApplicationForm
	if asData {
		want = echo.MIMEApplicationJSON
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || kind != want {
		return echo.NewHTTPError(http.StatusUnsupportedMediaType, "This address takes "+want+" and nothing else.")
	}
	return nil
}

// errOrder is what cannot be read.
var errOrder = badRequest(errors.New("the whole identity of what is to end is needed, as the page or the data that asks has it"))

// orderOf reads what is to be done, and makes sure that it is what the address names.
func orderOf(c echo.Context, e *errand) (nonce string, t actions.Target, err error) {
	var o orderJSON
	if e.asData {
		b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxOrder))
		if err != nil || decodeStrictly(b, &o) != nil {
			return "", t, errOrder
		}
	} else {
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxOrder)
		if err := c.Request().ParseForm(); err != nil {
			return "", t, errOrder
		}
		o = orderOfForm(c.Request().PostForm.Get, e.verb)
	}
	if t, err = targetOf(&o, e.verb); err != nil {
		return "", t, errOrder
	}
	if e.verb == actions.Close && c.Param("id") != poller.ID(t.Connection.Cookie).String() ||
		e.verb != actions.Close && c.Param("pid") != strconv.Itoa(int(t.Process.PID)) {
		return "", t, badRequest(errors.New("the address names something else than what was sent"))
	}
	return o.Nonce, t, nil
}

// orderOfForm reads the fields of a form.
func orderOfForm(get func(string) string, v actions.Verb) orderJSON {
	o := orderJSON{Nonce: get("nonce")}
	if v == actions.Close {
		o.Connection = &connectionIDJSON{get("id"), get("family"), get("local"), get("remote"), get("state")}
		return o
	}
	pid, err := strconv.ParseInt(get("pid"), 10, 32)
	start, err2 := strconv.ParseUint(get("start"), 10, 64)
	instance, err3 := strconv.ParseUint(get("instance"), 10, 64)
	if errors.Join(err, err2, err3) == nil {
		o.Process = &processIDJSON{get("boot_id"), int32(pid), start, instance, get("name")}
	}
	return o
}

// targetOf turns an order into its target.
func targetOf(o *orderJSON, v actions.Verb) (t actions.Target, err error) {
	switch {
	case v == actions.Close && o.Connection != nil && o.Process == nil:
		id, ok := poller.ParseID(o.Connection.ID)
		local, err := netip.ParseAddrPort(o.Connection.Local)
		remote, err2 := netip.ParseAddrPort(o.Connection.Remote)
		family := o.Connection.Family
		if !ok || errors.Join(err, err2) != nil || family != "ipv4" && family != "ipv6" {
			return t, errOrder
		}
		t.Connection = actions.Connection{Cookie: uint64(id), IPv6: family == "ipv6", Local: local, Remote: remote, State: o.Connection.State}
		return t, nil
	case v != actions.Close && o.Process != nil && o.Connection == nil:
		p := o.Process
		name, err := strconv.Unquote(p.Name)
		if err != nil {
			return t, errOrder
		}
		t.Process = actions.Process{Boot: p.Boot, PID: p.PID, Start: p.Start, Instance: p.Instance, Name: name}
		return t, nil
	}
	return t, errOrder
}

// wireOf is the opposite of targetOf.
func wireOf(t actions.Target, nonce string) orderJSON {
	o := orderJSON{Nonce: nonce}
	if c := t.Connection; c != (actions.Connection{}) {
		family := "ipv4"
		if c.IPv6 {
			family = "ipv6"
		}
		o.Connection = &connectionIDJSON{poller.ID(c.Cookie).String(), family, c.Local.String(), c.Remote.String(), c.State}
	}
	if p := t.Process; p != (actions.Process{}) {
		o.Process = &processIDJSON{p.Boot, p.PID, p.Start, p.Instance, strconv.QuoteToASCII(p.Name)}
	}
	return o
}

// formOf returns the hidden fields of a form that confirms something.
func formOf(t actions.Target, nonce string) []views.ActionField {
	o := wireOf(t, nonce)
	fields := []views.ActionField{{Name: "nonce", Value: nonce}}
	if c := o.Connection; c != nil {
		fields = append(fields, views.ActionField{Name: "id", Value: c.ID}, views.ActionField{Name: "family", Value: c.Family},
			views.ActionField{Name: "local", Value: c.Local}, views.ActionField{Name: "remote", Value: c.Remote}, views.ActionField{Name: "state", Value: c.State})
	}
	if p := o.Process; p != nil {
		fields = append(fields, views.ActionField{Name: "boot_id", Value: p.Boot}, views.ActionField{Name: "pid", Value: strconv.Itoa(int(p.PID))},
			views.ActionField{Name: "start", Value: strconv.FormatUint(p.Start, 10)}, views.ActionField{Name: "instance", Value: strconv.FormatUint(p.Instance, 10)},
			views.ActionField{Name: "name", Value: p.Name})
	}
	return fields
}

// confirmationJSON is what GET answers as data: what would end, what hangs on it, and the body that confirms it.
func confirmationJSON(e *errand, nonce string, expires time.Time) any {
	return struct {
		Verb      actions.Verb `json:"verb"`
		Question  string       `json:"question"`
		Sentences []string     `json:"sentences"`
		Expires   time.Time    `json:"expires_at"`
		Order     orderJSON    `json:"order"`
	}{e.verb, e.question(), e.sentences, expires.UTC(), wireOf(e.target, nonce)}
}

// outcomeJSON is what came of an order as data.
func outcomeJSON(e *errand, out actions.Outcome, problem string) any {
	return struct {
		Error string       `json:"error,omitempty"`
		Verb  actions.Verb `json:"verb"`
		At    time.Time    `json:"done_at"`
		Ended bool         `json:"ended"`
		Note  *string      `json:"note"`
	}{problem, e.verb, out.At.UTC(), out.Gone, orNull(out.Unlogged)}
}
