package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"sockeye/actions"
)

// TestOrdersHaveOneMeaning: an order that two readers could read as orders about different processes is none.
//
//attack:w6 orders of actions: no member twice, none in another case, nothing after them
func TestOrdersHaveOneMeaning(t *testing.T) {
	const good = `{"nonce":"n","process":{"boot_id":"b","pid":7,"start":18446744073709551615,"instance":2,"name":"\"x\""}}`
	read := func(body string) (actions.Target, error) {
		c := echo.New().NewContext(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), httptest.NewRecorder())
		c.SetParamNames("pid")
		c.SetParamValues("7")
		_, target, err := orderOf(c, &errand{verb: actions.Terminate, asData: true})
		return target, err
	}
	if target, err := read(good); err != nil || target.Process.PID != 7 || target.Process.Start != 1<<64-1 {
		t.Fatalf("%+v, %v", target, err)
	}
	for _, change := range [][2]string{
		{`"pid":7`, `"pid":8,"pid":7`}, {`"pid":7`, `"PID":8,"pid":7`}, {`"pid":7`, `"Pid":7`}, {`"pid":7`, `"pid":7,"signal":9`},
		{`"nonce":"n"`, `"nonce":"m","nonce":"n"`}, {`{"nonce"`, `{"process":null,"nonce"`}, {`"}}`, `"}}{}`}, {`"b"`, "\"\xff\""},
		{`{"nonce"`, `{"process":{"boot_id":"b","pid":9,"start":1,"instance":2,"name":"\"x\""},"nonce"`},
	} {
		body := strings.Replace(good, change[0], change[1], 1)
		if _, err := read(body); err == nil {
			t.Errorf("%s is taken", body)
		}
	}
}
