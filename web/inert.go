package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"sockeye/views"
)

// acts reports whether a character of a name acts on the terminal of who looks at data with curl or cat, or turns the
// direction of the text: DEL and the C1 controls (U+009B begins an escape sequence as ESC [ does), the bidirectional
// controls, and two that nobody sees. The C0 controls are judged by who asks: JSON escapes them anyway.
func acts(r rune) bool {
	switch {
	case r >= 0x7f && r <= 0x9f, r == 0x061c, r == 0x200b, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}

// inert escapes in JSON, where they can stand in strings only, the characters that act. It means the same as before.
func inert(b []byte) []byte {
	if strings.IndexFunc(string(b), acts) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	for _, r := range string(b) {
		if acts(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, string(r)...)
		}
	}
	return out
}

// marshal is json.Marshal for data that somebody may look at in a terminal.
func marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return inert(b), err
}

// serializer has echo write such data.
type serializer struct{ echo.DefaultJSONSerializer }

// Serialize writes v and a line end. It does not indent.
func (serializer) Serialize(c echo.Context, v any, _ string) error {
	b, err := marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	_, err = c.Response().Write(append(b, '\n'))
	return err
}

// inertCell makes in a cell of CSV, which knows no escapes, what acts visible as the page does. Tabs and line ends stay.
func inertCell(s string) string {
	if strings.IndexFunc(s, actsInCell) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if actsInCell(r) {
			b.WriteString(views.Whole(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// actsInCell adds the C0 controls to those that act.
func actsInCell(r rune) bool { return acts(r) || r < ' ' && r != '\t' && r != '\r' && r != '\n' }
