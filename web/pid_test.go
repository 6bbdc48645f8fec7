package web

import (
	"net/http"
	"strings"
	"testing"

	"sockeye/poller"
)

// TestPIDOfAnUnreadProcess: a PID that the source knows is told though nothing more is known of the process, wherever
// rows are looked for, shown and sent.
func TestPIDOfAnUnreadProcess(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		m.set(func(m *machine) {
			m.sockets[77] = tcp(77, poller.StateEstablished, "192.0.2.7:40077", "203.0.113.5:80", 4711)
		})
		poll(t, s)
		for path, want := range map[string]string{
			"/connections.json": `"pid":4711,"process":null`, "/connections.csv": ",4711,,", "/": ">4711<",
		} {
			answer := ask(t, s, path, "pid=4711")
			if body := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d, nothing like %s in %s", path, answer.Code, want, body)
			}
		}
		if body := ask(t, s, "/complete", "q=pid:47").Body.String(); !strings.Contains(body, `"4711"`) {
			t.Errorf("completions: %s", body)
		}
		v := sit(t, s, "pid=4711")
		if frame := string(v.last(t)); !strings.Contains(frame, `,4711,null,`) {
			t.Errorf("the live view: %s", frame)
		}
	})
}
