package query

import (
	"strings"

	"sockeye/poller"
)

// kind reads the values of a key. There is one type for each sort of value: choice, number, quantity, address and text.
type kind interface {
	// read makes a value of a text that is not empty. The error has no place.
	read(k *key, text string) (value, *Error)
	// word is the kind's name in [Key.Kind].
	word() string
}

// textKind is the kind of names: a value is found anywhere in them, whatever the case.
type textKind struct {
	// of returns the names, "" where there is none. A key may look at two, and matches where either does.
	of []func(c *poller.Connection) string
}

// word returns "text".
func (*textKind) word() string { return "text" }

// read accepts any text. With a "=" before it, it is the whole name.
func (t *textKind) read(_ *key, text string) (value, *Error) {
	if whole, ok := strings.CutPrefix(text, "="); ok && whole != "" {
		return &part{kind: t, raw: text, find: fold(whole), whole: true}, nil
	}
	return &part{kind: t, raw: text, find: fold(text)}, nil
}

// part is text that a name must have in it.
type part struct {
	kind *textKind
	// raw is the text as it was written, find the same made ready for search.
	raw  string
	find folded
	// whole is set where the name must have nothing else in it.
	whole bool
}

// match reports whether the name has the part in it; a name that is not known has no parts.
func (p *part) match(c *poller.Connection) bool {
	for _, of := range p.kind.of {
		if name := of(c); p.whole && equals(name, p.find) || !p.whole && contains(name, p.find) {
			return true
		}
	}
	return false
}

// text returns what was asked for, in the case in which it was written.
func (p *part) text() string { return p.raw }
