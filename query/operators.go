package query

import (
	"strings"
	"unicode"
)

// parseBox reads the terms of a box.
func parseBox(box string) ([]expr, *Error) {
	if err := checkText(box); err != nil {
		return nil, err
	}
	s := &scanner{src: box}
	if s.skipSpace(); s.done() {
		return nil, nil
	}
	e, err := parseOr(s)
	if err != nil {
		return nil, err
	}
	if !s.done() { // only a parenthesis ends an expression before the end
		return nil, failf("there is no ( for this )").at(s.pos, s.pos+1)
	}
	if a, ok := e.(*every); ok {
		return a.nodes, nil
	}
	return []expr{e}, nil
}

// parseOr reads alternatives with "or" between them, up to the end or a closing parenthesis, which it leaves unread.
func parseOr(s *scanner) (expr, *Error) {
	var nodes []expr
	for {
		e, err := parseAnd(s)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, e)
		if _, ok := s.keyword("or", "||"); !ok {
			return newAny(nodes), nil
		}
	}
}

// parseAnd reads terms that must all hold, with spaces or "and" between them, up to the end, an "or" or a closing
// parenthesis.
func parseAnd(s *scanner) (expr, *Error) {
	var nodes []expr
	for {
		e, err := parseNot(s)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, e)
		if _, ok := s.keyword("and", "&&"); ok {
			continue
		}
		if s.done() || s.src[s.pos] == ')' || s.atOr() {
			return newEvery(nodes), nil
		}
	}
}

// parseNot reads a term or a group, with any number of "not" before it.
func parseNot(s *scanner) (expr, *Error) {
	turn := false
	for {
		if _, ok := s.keyword("not", "!"); !ok {
			break
		}
		turn = !turn
	}
	e, err := parseTerm(s)
	if err == nil && turn {
		e = negate(e)
	}
	return e, err
}

// parseTerm reads a plain term, or a group in parentheses, which may have a "-" or "!" before it.
func parseTerm(s *scanner) (expr, *Error) {
	s.skipSpace()
	if word := s.ahead(); s.done() || isOperator(word) {
		return nil, s.missing(word)
	}
	rest := s.rest()
	turned := strings.HasPrefix(rest, "-(") || strings.HasPrefix(rest, "!(")
	switch {
	case turned:
		s.pos++
	case rest[0] == ')':
		return nil, s.missing(")")
	case rest[0] != '(':
		return parsePlain(s)
	}
	e, err := parseGroup(s)
	if err == nil && turned {
		e = negate(e)
	}
	return e, err
}

// parseGroup reads what stands in parentheses; the scanner stands at the first.
func parseGroup(s *scanner) (expr, *Error) {
	start := s.pos
	s.pos++
	if s.open++; s.open > maxDepth {
		return nil, tooDeep().at(start, s.pos)
	}
	e, err := parseOr(s)
	if err != nil {
		return nil, err
	}
	if !s.accept(')') {
		return nil, failf("there is no ) for this (").at(start, start+1)
	}
	s.open--
	return e, s.end()
}

// tooDeep says that groups stand in each other too deep.
func tooDeep() *Error {
	return failf("at most %d groups in parentheses can stand in each other", maxDepth)
}

// missing says that a term is missing where something else or the end is.
func (s *scanner) missing(found string) *Error {
	switch {
	case s.done():
		return failf("the filter ends where a term is missing").at(s.pos, s.pos)
	case found == ")" && s.open == 0:
		return failf("there is no ( for this )").at(s.pos, s.pos+1)
	}
	return failf("a term is missing before %s; put it in quotes to search for it", shown(found)).at(s.pos, s.pos+len(found))
}

// keyword goes over spaces, and over an operator if one of its spellings is next.
func (s *scanner) keyword(spellings ...string) (spelling string, ok bool) {
	s.skipSpace()
	word := s.ahead()
	for _, spelling := range spellings {
		if strings.EqualFold(word, spelling) {
			s.pos += len(word)
			return spelling, true
		}
	}
	return "", false
}

// atOr reports whether an "or" is next.
func (s *scanner) atOr() bool {
	word := s.ahead()
	return word == "||" || strings.EqualFold(word, "or")
}

// ahead returns what is next up to a space or a parenthesis.
func (s *scanner) ahead() string {
	rest := s.rest()
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' })
	if end < 0 {
		return rest
	}
	return rest[:end]
}

// isOperator reports whether a text without quotes joins terms.
func isOperator(word string) bool {
	return word == "&&" || word == "||" || word == "!" || isReserved(word) && !strings.EqualFold(word, "not")
}
