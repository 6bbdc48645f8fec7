package query

import (
	"net/netip"
	"slices"
	"strings"
)

// translateExpression translates a filter that was made for ss, Wireshark or tcpdump, which all consist of fields and
// values, joined by and, or, not and parentheses. It is recognized only where a field has a value.
func translateExpression(words []string) (text string, ok bool) {
	f := &foreign{words: words}
	text, ok = f.or(0)
	return text, ok && f.sure && len(f.words) == 0
}

// foreign reads a foreign filter from left to right and writes it in our language.
type foreign struct {
	// words are what is not read yet.
	words []string
	// sure is set once a field with a value was read.
	sure bool
}

// next returns the next word in lower case, "" at the end.
func (f *foreign) next() string {
	if len(f.words) == 0 {
		return ""
	}
	return strings.ToLower(f.words[0])
}

// take goes over the next word and returns it as it was written.
func (f *foreign) take() string {
	if len(f.words) == 0 {
		return ""
	}
	word := f.words[0]
	f.words = f.words[1:]
	return word
}

// accept goes over the next word if it is one of these.
func (f *foreign) accept(words ...string) bool {
	if len(f.words) == 0 || !slices.Contains(words, f.next()) {
		return false
	}
	f.take()
	return true
}

// or reads alternatives. Text that is empty means everything.
func (f *foreign) or(depth int) (text string, ok bool) {
	var texts []string
	for {
		one, ok := f.and(depth)
		if !ok {
			return "", false
		}
		texts = append(texts, one)
		if !f.accept("or", "||", "|") {
			break
		}
	}
	if len(texts) == 1 {
		return texts[0], true
	}
	if slices.Contains(texts, "") {
		return "", true
	}
	return "(" + strings.Join(texts, " or ") + ")", true
}

// and reads what must all hold.
func (f *foreign) and(depth int) (text string, ok bool) {
	var texts []string
	for {
		one, ok := f.not(depth)
		if !ok {
			return "", false
		}
		if one != "" {
			texts = append(texts, one)
		}
		f.accept("and", "&&", "&")
		if next := f.next(); next == "" || next == ")" || next == "or" || next == "||" || next == "|" {
			return strings.Join(texts, " "), true
		}
	}
}

// not reads a single condition or a group, perhaps turned round.
func (f *foreign) not(depth int) (text string, ok bool) {
	if depth > maxDepth {
		return "", false
	}
	switch {
	case f.accept("not", "!"):
		if text, ok = f.not(depth + 1); ok && text != "" {
			text = "not (" + text + ")"
		}
		return text, ok && text != ""
	case f.accept("("):
		text, ok = f.or(depth + 1)
		if !ok || !f.accept(")") {
			return "", false
		}
		if text != "" {
			text = "(" + text + ")"
		}
		return text, true
	}
	return f.condition()
}

// condition reads a field and its value, a protocol, or a term of ours.
func (f *foreign) condition() (text string, ok bool) {
	switch word := f.next(); word {
	case "":
		return "", false
	case "state", "exclude":
		return f.states()
	case "tcp", "udp":
		f.take()
		return "proto:" + word, true
	case "ip6", "ipv6":
		f.take()
		return "fam:ipv6", true
	case "src", "dst", "host":
		return f.end()
	}
	word := f.words[0]
	if name, _, ok := cutKey(strings.TrimPrefix(word, "-")); ok {
		f.take()
		return word, findKey(name) != nil
	}
	field, ok := fields[strings.ToLower(word)]
	if !ok && len(f.words) > 1 && comparisons[strings.ToLower(f.words[1])] != "" {
		field, ok = ownField(word)
	}
	if !ok {
		return "", false
	}
	f.take()
	return f.compare(field)
}

// states reads the states of ss, where several mean any of them.
func (f *foreign) states() (text string, ok bool) {
	word := f.next()
	var states []string
	for f.accept(word) {
		f.accept("=", "==")
		name := f.next()
		if f.take(); name == "all" && word == "state" {
			states = nil
			f.sure = true
			return "", true
		}
		if name == "" || !isState(name) {
			return "", false
		}
		states = append(states, name)
	}
	f.sure = true
	if word == "exclude" {
		return "-state:" + strings.Join(states, ","), true
	}
	return "state:" + strings.Join(states, ","), true
}

// isState reports whether a word is a spelling of a state.
func isState(word string) bool {
	k := findKey("state")
	_, err := k.kind.read(k, word)
	return err == nil
}

// field is what a field of another program is here.
type field struct {
	// key is our key.
	key string
	// and is a term that the field implies, "" for none.
	and string
}

// fields are the fields of ss, Wireshark and tcpdump, but for src and dst. The source of a packet is taken to be this
// machine.
var fields = map[string]field{
	"sport": {key: "lport"}, "dport": {key: "rport"}, "port": {key: "port"}, "net": {key: "ip"}, "dev": {key: "if"},
	"tcp.port": {"port", "proto:tcp"}, "tcp.srcport": {"lport", "proto:tcp"}, "tcp.dstport": {"rport", "proto:tcp"},
	"udp.port": {"port", "proto:udp"}, "udp.srcport": {"lport", "proto:udp"}, "udp.dstport": {"rport", "proto:udp"},
	"ip.addr": {key: "ip"}, "ip.host": {key: "ip"}, "ip.src": {key: "lip"}, "ip.dst": {key: "rip"},
	"ip.src_host": {key: "lip"}, "ip.dst_host": {key: "rip"},
	"ipv6.addr": {key: "ip"}, "ipv6.src": {key: "lip"}, "ipv6.dst": {key: "rip"},
}

// ownField returns the key of ours, or the one that is also called so.
func ownField(word string) (field, bool) {
	word = strings.ToLower(word)
	for _, k := range keyTable {
		if k.Name == word || slices.Contains(k.also, word) {
			return field{key: k.Name}, true
		}
	}
	return field{}, false
}

// comparisons are the operators of the others and what stands for them before a value here.
var comparisons = map[string]string{
	"=": "=", "==": "=", "eq": "=", "is": "=", "contains": "=", "!=": "!", "<>": "!", "ne": "!", "neq": "!",
	">": ">", "gt": ">", ">=": ">=", "ge": ">=", "geq": ">=", "<": "<", "lt": "<", "<=": "<=", "le": "<=", "leq": "<=",
}

// operator goes over an operator if there is one; without any it is "=".
func (f *foreign) operator() string {
	if o := comparisons[f.next()]; o != "" {
		f.take()
		return o
	}
	return "="
}

// compare reads the operator and the value of a field.
func (f *foreign) compare(to field) (text string, ok bool) {
	operator := f.operator()
	value := strings.TrimPrefix(f.take(), "*")
	if value == "" || value == "(" || value == ")" {
		return "", false
	}
	if strings.HasSuffix(to.key, "port") {
		value = strings.Replace(strings.TrimPrefix(value, ":"), "-", "..", 1)
	}
	f.sure = true
	text = plain(to.key, operator, value)
	if to.and != "" {
		text = to.and + " " + text
	}
	return text, true
}

// plain writes a term of ours.
func plain(key, operator, value string) string {
	switch operator {
	case "!":
		return "-" + key + ":" + Quote(value)
	case "=":
		return key + ":" + Quote(value)
	}
	return key + ":" + operator + value
}

// end reads src, dst or host: of ss with an address, a port or both, of tcpdump with a word more.
func (f *foreign) end() (text string, ok bool) {
	side := f.next()
	f.take()
	keys := map[string]field{"src": {"lip", "lport"}, "dst": {"rip", "rport"}, "host": {"ip", "port"}}[side]
	switch {
	case side == "host":
	case f.accept("port", "portrange"):
		return f.compare(field{key: keys.and})
	default:
		f.accept("host", "net")
	}
	operator := f.operator()
	address, port := splitEnd(f.take())
	if address == "" && port == "" {
		return "", false
	}
	f.sure = true
	var terms []string
	if address != "" {
		terms = append(terms, keys.key+":"+Quote(address))
	}
	if port != "" {
		terms = append(terms, keys.and+":"+Quote(port))
	}
	text = strings.Join(terms, " ")
	if operator == "!" {
		return "-(" + text + ")", true
	}
	return text, operator == "="
}

// splitEnd parts an address from a port, as ss writes them: "10.0.0.5:22", "[::1]:80", ":443", "*:443", "::1",
// "10.0.0.0/8".
func splitEnd(text string) (address, port string) {
	if _, err := netip.ParseAddr(text); err == nil || strings.Contains(text, "/") {
		return text, ""
	}
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return strings.Trim(text, "[]*"), ""
	}
	return strings.Trim(text[:at], "[]*"), strings.Trim(text[at+1:], "*")
}
