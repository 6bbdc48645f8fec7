package query

import "strings"

// Translate returns what somebody may mean who writes in another program's language: a filter of ss, a display filter
// of Wireshark, an expression of tcpdump, or a command line of netstat, ss, lsof or PowerShell, perhaps piped through
// findstr, find or grep. A key that does not exist is read as the one that is meant. Ok is false where nothing of the
// kind is recognized, and where the text means this already. It is a guess: it should be offered and not be taken.
func Translate(box string) (q Query, ok bool) {
	if checkText(box) != nil {
		return Query{}, false
	}
	text, ok := translateCommand(box)
	if !ok {
		text, ok = translateExpression(words(box))
	}
	if !ok {
		text, ok = mendKeys(box)
	}
	if !ok {
		return Query{}, false
	}
	q, err := Parse(text)
	if err != nil || len(q.filter) == 0 {
		return Query{}, false
	}
	if same, err := Parse(box); err == nil && same.Encode() == q.Encode() {
		return Query{}, false
	}
	return q, true
}

// mendKeys puts the key that is meant in place of each that does not exist; ok is false where there is no such, or
// something else is wrong.
func mendKeys(box string) (text string, ok bool) {
	for range maxValues {
		_, err := Parse(box)
		fault, isFault := err.(*Error)
		if !isFault {
			return box, ok
		}
		end := fault.Offset + fault.Length
		if end >= len(box) || box[end] != ':' {
			return "", false
		}
		meant := meantKey(box[fault.Offset:end])
		if meant == "" {
			return "", false
		}
		box, ok = box[:fault.Offset]+meant+box[end:], true
	}
	return "", false
}

// words splits a foreign text into words, quoted texts, parentheses and operators. Quotes and the backslash of a
// shell's \( are dropped, and a text that was quoted as a whole is split itself, as a shell hands it to ss.
func words(text string) []string {
	var list []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var word string
		word, text = nextWord(text)
		if word != "" {
			list = append(list, word)
		}
	}
	return list
}

// foreignOperators are what is a word of its own even without spaces around it, the longest first.
var foreignOperators = []string{"&&", "||", "==", "!=", ">=", "<=", "<>", "(", ")", "=", ">", "<", "!", "|", "&"}

// nextWord cuts the first word off a text that is not empty and begins with no space.
func nextWord(text string) (word, rest string) {
	text = strings.TrimPrefix(text, `\`)
	for _, operator := range foreignOperators {
		if strings.HasPrefix(text, operator) {
			return operator, text[len(operator):]
		}
	}
	if text == "" {
		return "", ""
	}
	if quote := text[0]; quote == '"' || quote == '\'' {
		inner, rest, closed := strings.Cut(text[1:], text[:1])
		if closed && strings.ContainsAny(inner, "()=") { // a whole expression in quotes
			return "", inner + " " + rest
		}
		return inner, rest
	}
	stop := " \t\n\r()=<>!|&\"'"
	if name, _, ok := cutKey(strings.TrimPrefix(text, "-")); ok && findKey(name) != nil {
		stop = " \t\n\r()" // a term of ours, which may have a comparison in it
	}
	if end := strings.IndexAny(text, stop); end > 0 {
		return strings.TrimSuffix(text[:end], `\`), text[end:]
	}
	return text, ""
}
