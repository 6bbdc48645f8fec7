package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner reads the text of the box, or the value of one URL pair, from left to right.
//
// Outside of quotes only four marks mean anything: space, comma, double quote and parenthesis. All others, the
// backslash too, are text, so that what people paste is rarely wrong; but "-" and "!" before a term turn it round.
type scanner struct {
	// src is valid UTF-8.
	src string
	// pos is the place of the next byte to read, at most len(src); always the begin of a character.
	pos int
	// open is how many parentheses are open.
	open int
	// pair is set for the value of a URL pair: spaces and parentheses are then text, because nothing follows.
	pair bool
}

// done reports whether all is read.
func (s *scanner) done() bool { return s.pos == len(s.src) }

// rest returns what is not read yet.
func (s *scanner) rest() string { return s.src[s.pos:] }

// skipSpace goes on to the next character that is no space.
func (s *scanner) skipSpace() {
	s.pos = len(s.src) - len(strings.TrimLeftFunc(s.rest(), unicode.IsSpace))
}

// accept goes over the byte c if it is next.
func (s *scanner) accept(c byte) bool {
	if s.done() || s.src[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

// value reads one value, bare or quoted. A bare one ends before a comma where commas is set, and before a space.
func (s *scanner) value(commas bool) (string, *Error) {
	if s.accept('"') {
		return s.quoted()
	}
	return s.bare(commas)
}

// bare reads text without quotes, up to a comma, a space or the end, and leaves that unread. It may be empty. Spaces
// around it, which only a pair can have, are dropped.
func (s *scanner) bare(commas bool) (string, *Error) {
	start := s.pos
	for i, r := range s.rest() {
		switch {
		case commas && r == ',', !s.pair && unicode.IsSpace(r), !s.pair && r == ')' && s.open > 0:
			s.pos = start + i
			return strings.TrimSpace(s.src[start:s.pos]), nil
		case r == '"':
			return "", failf(`a quote must stand around the whole text; inside a text write \"`).at(start+i, start+i+1)
		case !s.pair && (r == '(' || r == ')'):
			return "", failf("parentheses go around whole terms; put text that has them in quotes").at(start+i, start+i+1)
		}
	}
	s.pos = len(s.src)
	return strings.TrimSpace(s.src[start:]), nil
}

// quoted reads up to the closing quote; the opening one is read already.
func (s *scanner) quoted() (string, *Error) {
	start := s.pos - 1
	var text []byte
	for !s.done() {
		switch c := s.src[s.pos]; c {
		case '"':
			s.pos++
			return string(text), nil
		case '\\':
			next, err := s.escape()
			if err != nil {
				return "", err
			}
			text = append(text, next...)
		default:
			text = append(text, c)
			s.pos++
		}
	}
	return "", failf("the quote that begins with %s is not closed", shown(s.src[start:])).at(start, len(s.src))
}

// escape reads one escape of a Go string literal and returns the bytes it stands for.
func (s *scanner) escape() ([]byte, *Error) {
	r, multibyte, tail, err := strconv.UnquoteChar(s.rest(), '"')
	if err != nil {
		end := min(len(s.src), s.pos+2)
		return nil, failf(`unknown escape in quotes: write \\ for a backslash, \" for a quote, \n, \t or \x1b`).at(s.pos, end)
	}
	s.pos = len(s.src) - len(tail)
	if multibyte {
		return utf8.AppendRune(nil, r), nil
	}
	return []byte{byte(r)}, nil
}
