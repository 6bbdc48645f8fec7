package static

import (
	"bytes"
	"slices"
)

// strip returns a script or a style sheet without what only its readers need: comments that stand on lines of their
// own, empty lines, and the space around lines. What is left means the same as long as no literal spans lines and no
// comment that spans lines begins behind code; a test holds the files to that.
func strip(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if rest, ok := cutComment(text); ok {
			text = rest
			continue
		}
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(append(out, line...), '\n')
		}
		text = rest
	}
	return slices.Clip(out)
}

// cutComment returns the text behind a comment that begins its first line and ends some line; ok is false where there
// is none.
func cutComment(text []byte) (rest []byte, ok bool) {
	text = bytes.TrimLeft(text, " \t")
	if bytes.HasPrefix(text, []byte("//")) {
		_, rest, _ = bytes.Cut(text, []byte("\n"))
		return rest, true
	}
	if !bytes.HasPrefix(text, []byte("/*")) {
		return nil, false
	}
	_, rest, ok = bytes.Cut(text[2:], []byte("*/"))
	behind, rest, _ := bytes.Cut(rest, []byte("\n"))
	return rest, ok && len(bytes.TrimSpace(behind)) == 0
}
