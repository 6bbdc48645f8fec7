package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"sockeye/poller"
	"sockeye/ports"
	"sockeye/query"
)

// maxOptions is how many completions are offered.
const maxOptions = 10

// completion is what could stand in place of a part of the box's text.
type completion struct {
	// From and To are the place of that part, in UTF-16 code units, as scripts count.
	From    int      `json:"from"`
	To      int      `json:"to"`
	Options []option `json:"options"`
}

// option is one completion: the text, what is shown, what it means, and how many connections have it.
type option struct {
	Text  string `json:"text"`
	Label string `json:"label"`
	Note  string `json:"note,omitempty"`
	Count *int   `json:"n,omitempty"`
}

// complete handles GET /complete?q=: completions for the end of the text, which is the box up to the cursor; rest is
// what stands behind the cursor. Keys come first, and behind a key its values with their counts among what the other
// terms keep.
func (s *Site) complete(c echo.Context) error {
	text := c.QueryParam("q")
	if len(text) > query.MaxLength {
		return echo.NewHTTPError(http.StatusBadRequest, "The text is too long to be completed.")
	}
	p := lastPart(text)
	answer := completion{From: utf16Length(text[:p.at]), To: utf16Length(text), Options: []option{}}
	if p.key == "" {
		answer.Options = completeKey(p.typed)
		return c.JSON(http.StatusOK, answer)
	}
	others, err := query.Parse(text[:p.start] + " " + c.QueryParam("rest"))
	if err != nil || len(others.Lookups()) > 0 {
		others = query.Query{} // counted among all, while the rest cannot be read
	}
	s.poller.Read(func(t *poller.Table) { answer.Options = completeValue(p, others.At(t.Status().At), t) })
	return c.JSON(http.StatusOK, answer)
}

// part is the end of a box's text, which is to be completed.
type part struct {
	// start is where the term begins, its "-" included; at is where what is typed begins: a key, or a value of key.
	start, at  int
	key, typed string
}

// lastPart finds the term that the text ends in.
func lastPart(text string) part {
	start, quoted := 0, false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (unicode.IsSpace(r) || r == '('):
			start = i + len(string(r))
		}
	}
	p := part{start: start, at: start}
	for p.at < len(text) && (text[p.at] == '-' || text[p.at] == '!') {
		p.at++
	}
	name, value, ok := strings.Cut(text[p.at:], ":")
	if !ok || keyOf(name) == nil {
		p.typed = text[p.at:]
		return p
	}
	p.key = keyOf(name).Name
	p.at += len(name) + 1 + strings.LastIndexByte(value, ',') + 1
	p.typed = strings.TrimLeft(text[p.at:], `"=`)
	return p
}

// keyOf returns the key of that name, in any case, or nil.
func keyOf(name string) *query.Key {
	keys := query.Keys()
	i := slices.IndexFunc(keys, func(k query.Key) bool { return strings.EqualFold(k.Name, name) })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

// utf16Length returns how many UTF-16 code units a text has.
func utf16Length(text string) int {
	n := 0
	for _, r := range text {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// completeKey returns the keys that begin with what was typed, or whose titles do.
func completeKey(typed string) []option {
	options, titled := []option{}, []option{}
	lower := strings.ToLower(typed)
	for _, k := range query.Keys() {
		o := option{Text: k.Name + ":", Label: k.Name + ":", Note: k.Title}
		switch {
		case strings.HasPrefix(k.Name, lower):
			options = append(options, o)
		case strings.HasPrefix(strings.ToLower(k.Title), lower):
			titled = append(titled, o)
		}
	}
	options = append(options, titled...)
	if typed == "" {
		return options
	}
	return options[:min(len(options), maxOptions)]
}

// completeValue returns values of a key that have in them what was typed, those that begin with it first, and then
// the ones that more connections have.
func completeValue(p part, others query.Query, t *poller.Table) []option {
	key := *keyOf(p.key)
	switch key.Kind {
	case "choice":
		return bestOptions(choiceOptions(key, others, t), p.typed)
	case "quantity":
		return quantityOptions(key)
	case "interface":
		return bestOptions(interfaceOptions(), p.typed)
	}
	options := seenOptions(p.key, others, t)
	if key.Kind == "port" && p.typed != "" {
		for _, s := range ports.Suggest(p.typed, maxOptions) {
			options = append(options, option{Text: s.Name, Label: s.Name, Note: decimalText(int32(s.Port)) + " " + s.Description})
		}
	}
	return bestOptions(options, p.typed)
}

// choiceOptions counts every name that a key can have.
func choiceOptions(key query.Key, others query.Query, t *poller.Table) []option {
	options := make([]option, len(key.Values))
	one := make([]query.Query, len(key.Values))
	counts := make([]int, len(key.Values))
	for i, name := range key.Values {
		options[i] = option{Text: name, Label: name, Count: &counts[i]}
		if key.Meanings != nil {
			options[i].Note = key.Meanings[i]
		}
		q, err := query.Parse(key.Name + ":" + name)
		if err != nil { // cannot be: the table of keys has the name
			continue
		}
		one[i] = q.At(t.Status().At)
	}
	for c := range t.All() {
		if !others.Match(c) {
			continue
		}
		for i := range one {
			if one[i].Match(c) {
				counts[i]++
			}
		}
	}
	return options
}

// quantityOptions shows how a quantity can be asked for.
func quantityOptions(key query.Key) []option {
	_, example, _ := strings.Cut(key.Example, ":")
	return []option{{Text: example, Label: example, Note: key.Help}}
}

// interfaceOptions are the interfaces of this machine.
func interfaceOptions() []option {
	all, err := net.Interfaces()
	if err != nil {
		return nil // nothing to offer; the filter itself says what is wrong
	}
	options := make([]option, len(all))
	for i, one := range all {
		options[i] = option{Text: query.QuoteValue(one.Name), Label: one.Name}
	}
	return options
}

// seenOptions counts the values that connections have.
func seenOptions(key string, others query.Query, t *poller.Table) []option {
	counts := map[string]*int{}
	count := func(name string) {
		if name == "" {
			return
		}
		if counts[name] == nil {
			counts[name] = new(int)
		}
		*counts[name]++
	}
	for c := range t.All() {
		if others.Match(c) {
			seen(key, c, count)
		}
	}
	options := make([]option, 0, len(counts))
	for name, n := range counts {
		o := option{Text: query.QuoteValue(name), Label: name, Count: n}
		if port, ok := portNumber(key, name); ok {
			o.Note = portName(port)
		}
		options = append(options, o)
	}
	return options
}

// bestOptions returns what was looked for, the best first.
func bestOptions(options []option, typed string) []option {
	lower := strings.ToLower(typed)
	rank := func(o option) int {
		if strings.HasPrefix(strings.ToLower(o.Label), lower) {
			return 0
		}
		return 1
	}
	options = slices.DeleteFunc(options, func(o option) bool { return !strings.Contains(strings.ToLower(o.Label), lower) })
	slices.SortStableFunc(options, func(a, b option) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		if n := countOf(b) - countOf(a); n != 0 {
			return n
		}
		return strings.Compare(a.Label, b.Label)
	})
	return append([]option{}, options[:min(len(options), maxOptions)]...)
}

// countOf returns the count of an option, -1 where it has none.
func countOf(o option) int {
	if o.Count == nil {
		return -1
	}
	return *o.Count
}
