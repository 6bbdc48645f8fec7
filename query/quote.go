package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quote returns text as it is written in a query, as a value or as a word: unchanged where that is read back as the
// same text, else in double quotes with the escapes of a Go string literal. Any bytes can be written like this.
func Quote(text string) string {
	if isPlain(text) {
		return text
	}
	return strconv.Quote(text)
}

// QuoteValue is [Quote] for text behind a key, where a comparison needs no quotes either.
func QuoteValue(text string) string {
	if isPlain(strings.TrimLeft(text, "<>=")) {
		return text
	}
	return strconv.Quote(text)
}

// plainMarks are the marks that stand in names, addresses and ports and need no quotes.
const plainMarks = "._-:/@%+*[]"

// isPlain reports whether text needs no quotes, neither as a value nor as a word. It is stricter than the parser, so
// that further marks can get a meaning.
func isPlain(text string) bool {
	if text == "" || text[0] == '-' || isReserved(text) || !utf8.ValidString(text) {
		return false
	}
	if name, _, ok := cutKey(text); ok && name != "" {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(plainMarks, r)
	}) < 0
}

// isReserved reports whether the word is an operator, in any case.
func isReserved(word string) bool {
	switch strings.ToLower(word) {
	case "or", "and", "not":
		return true
	}
	return false
}

// cutKey splits "key:rest". What stands before the colon is a key where it is a letter followed by letters, digits,
// "_" and "-", all ASCII; one to four hexadecimal digits are the begin of an IPv6 address instead, unless a key has
// that name.
func cutKey(text string) (name, rest string, ok bool) {
	name, rest, ok = strings.Cut(text, ":")
	if !ok || !isKeyLike(name) {
		return "", text, false
	}
	if _, err := strconv.ParseUint(name, 16, 16); err == nil && findKey(name) == nil {
		return "", text, false
	}
	return name, rest, true
}

// isKeyLike reports whether a name has the shape of a key.
func isKeyLike(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20
		if 'a' <= c && c <= 'z' {
			continue
		}
		if i == 0 || !strings.Contains("0123456789_-", name[i:i+1]) {
			return false
		}
	}
	return name != ""
}
