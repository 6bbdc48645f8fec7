package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// shownBytes is how much of what somebody wrote is repeated in a message, in bytes.
const shownBytes = 64

// Error says what is wrong with a query. All errors of [Parse], [FromURL] and [Query.With] are of this type.
type Error struct {
	// Text is one sentence for the user, without a full stop: what is wrong and what is allowed. Foreign text in it
	// is quoted and cut.
	Text string
	// Offset and Length are the place of the trouble in the input, in bytes. Length 0 means that it has no place, or
	// is at the input's end. In a URL the place is the whole name=value pair.
	Offset, Length int
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Text }

// at returns e with the place from start to end.
func (e *Error) at(start, end int) *Error {
	e.Offset, e.Length = start, end-start
	return e
}

// failf makes an error that has no place yet.
func failf(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

// shown returns foreign text as it may stand in a message: quoted, and cut to [shownBytes].
func shown(text string) string {
	if len(text) <= shownBytes {
		return fmt.Sprintf("%q", text)
	}
	end := shownBytes
	for end > shownBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%q…", text[:end])
}

// shownNumber is [shown] without the quotes where the text is digits only.
func shownNumber(text string) string {
	s := shown(text)
	if text != "" && strings.Trim(text, "0123456789") == "" {
		s = strings.ReplaceAll(s, `"`, "")
	}
	return s
}
