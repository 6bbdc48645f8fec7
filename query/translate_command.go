package query

import (
	"net/netip"
	"path"
	"strconv"
	"strings"
)

// translateCommand translates a command line, of which each part of the pipe says something of the rows; ok is false
// where a part is not known.
func translateCommand(line string) (text string, ok bool) {
	var terms []string
	for _, part := range pipeParts(line) {
		part = strings.TrimSpace(part)
		name, rest, _ := strings.Cut(part, " ")
		if name == "sudo" {
			name, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
		}
		translate := commands[strings.TrimSuffix(strings.ToLower(path.Base(name)), ".exe")]
		if translate == nil {
			return "", false
		}
		text, ok := translate(strings.TrimSpace(rest))
		if !ok {
			return "", false
		}
		if text != "" {
			terms = append(terms, text)
		}
	}
	return strings.Join(terms, " "), len(terms) > 0
}

// pipeParts splits a command line at its pipes, those in quotes aside.
func pipeParts(line string) []string {
	var parts []string
	start, quote := 0, byte(0)
	for i := range len(line) {
		switch c := line[i]; {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '|':
			parts = append(parts, line[start:i])
			start = i + 1
		}
	}
	return append(parts, line[start:])
}

// commands are the programs whose command lines are understood. Each gets what stands behind its name.
var commands = map[string]func(rest string) (text string, ok bool){
	"netstat": translateNetstat, "ss": translateSs, "lsof": translateLsof,
	"get-nettcpconnection": translateNetConnection, "get-netudpendpoint": translateNetConnection,
	"findstr": translateFindstr, "find": translateGrep, "grep": translateGrep, "egrep": translateGrep, "fgrep": translateGrep,
	"select-string": translateGrep, "sls": translateGrep,
	"more": ignored, "less": ignored, "sort": ignored, "head": ignored, "tail": ignored, "wc": ignored,
}

// ignored is for programs that change no rows.
func ignored(string) (string, bool) { return "", true }

// familyTerms are the options that netstat and ss have in common.
func familyTerms(options string) []string {
	var terms []string
	add := func(a, b byte, one, other string) {
		switch hasA, hasB := strings.IndexByte(options, a) >= 0, strings.IndexByte(options, b) >= 0; {
		case hasA && !hasB:
			terms = append(terms, one)
		case hasB && !hasA:
			terms = append(terms, other)
		}
	}
	add('t', 'u', "proto:tcp", "proto:udp")
	add('4', '6', "fam:ipv4", "fam:ipv6")
	if strings.IndexByte(options, 'l') >= 0 {
		terms = append(terms, "is:listening")
	}
	return terms
}

// longOptions are the long forms of the options of which [familyTerms] knows.
var longOptions = map[string]string{"--tcp": "t", "--udp": "u", "--listening": "l", "--ipv4": "4", "--ipv6": "6"}

// cutOptions takes the options off the begin of a list of words and returns their letters.
func cutOptions(list []string) (letters string, rest []string) {
	for len(list) > 0 && strings.HasPrefix(list[0], "-") && len(list[0]) > 1 && !strings.HasPrefix(list[0], "-(") {
		if strings.HasPrefix(list[0], "--") {
			letters += longOptions[list[0]]
		} else {
			letters += list[0][1:]
		}
		list = list[1:]
	}
	return letters, list
}

// translateNetstat reads the options of netstat, those of Linux and "-p tcp" of the others.
func translateNetstat(rest string) (text string, ok bool) {
	letters, list := cutOptions(words(rest))
	terms := familyTerms(letters)
	if len(list) > 0 && strings.HasSuffix(letters, "p") {
		switch strings.ToLower(list[0]) {
		case "tcp", "udp":
			terms = append(terms, "proto:"+list[0])
		case "tcpv6", "udpv6":
			terms = append(terms, "proto:"+list[0][:3], "fam:ipv6")
		}
	}
	return strings.Join(terms, " "), true
}

// translateSs reads the options of ss and its filter.
func translateSs(rest string) (text string, ok bool) {
	letters, list := cutOptions(words(rest))
	terms := familyTerms(letters)
	if len(list) > 0 {
		filter, ok := translateExpression(list)
		if !ok {
			return "", false
		}
		terms = append(terms, filter)
	}
	return strings.TrimSpace(strings.Join(terms, " ")), true
}

// translateLsof reads the options of lsof that choose connections: -i, -s, -p, -c and -u.
func translateLsof(rest string) (text string, ok bool) {
	var terms []string
	list := words(rest)
	for len(list) > 0 {
		option := list[0]
		list = list[1:]
		if len(option) < 2 || option[0] != '-' {
			return "", false
		}
		value := option[2:]
		takes := strings.IndexByte("ispcu", option[1]) >= 0
		if takes && value == "" && len(list) > 0 && list[0][0] != '-' {
			value, list = list[0], list[1:]
		}
		switch {
		case value == "" || !takes:
		case option[1] == 'i':
			terms = append(terms, lsofAddress(value))
		case option[1] == 's':
			_, states, _ := strings.Cut(value, ":")
			terms = append(terms, "state:"+states)
		default:
			key := map[byte]string{'p': "pid", 'c': "proc", 'u': "user"}[option[1]]
			terms = append(terms, key+":"+value)
		}
	}
	return strings.Join(terms, " "), true
}

// lsofAddress reads [4|6][protocol][@address][:ports].
func lsofAddress(value string) string {
	var terms []string
	if rest, ok := strings.CutPrefix(value, "4"); ok {
		value, terms = rest, append(terms, "fam:ipv4")
	} else if rest, ok := strings.CutPrefix(value, "6"); ok {
		value, terms = rest, append(terms, "fam:ipv6")
	}
	end := strings.IndexAny(value, "@:")
	if end < 0 {
		end = len(value)
	}
	if end > 0 {
		terms = append(terms, "proto:"+value[:end])
	}
	address, port := splitEnd(strings.TrimPrefix(value[end:], "@"))
	if address != "" {
		terms = append(terms, "ip:"+address)
	}
	if port != "" {
		terms = append(terms, "port:"+strings.Replace(port, "-", "..", 1))
	}
	return strings.Join(terms, " ")
}

// netConnection are the parameters of PowerShell's Get-NetTCPConnection and what they are here.
var netConnection = map[string]string{"-localport": "lport", "-remoteport": "rport", "-localaddress": "lip",
	"-remoteaddress": "rip", "-state": "state", "-owningprocess": "pid"}

// translateNetConnection reads parameters and their values.
func translateNetConnection(rest string) (text string, ok bool) {
	var terms []string
	for list := words(rest); len(list) > 0; list = list[min(2, len(list)):] {
		key := netConnection[strings.ToLower(list[0])]
		if key == "" || len(list) == 1 {
			return "", false
		}
		terms = append(terms, key+":"+list[1])
	}
	return strings.Join(terms, " "), true
}

// translateFindstr reads the arguments of findstr, where a space in the pattern is an or, unless /C: stands before it.
func translateFindstr(rest string) (text string, ok bool) {
	if at := strings.Index(strings.ToLower(rest), "/c:"); at >= 0 {
		return translateGrep(rest[:at] + rest[at+len("/c:"):])
	}
	options, pattern := grepOptions(rest)
	return patternTerms(options, strings.Fields(pattern))
}

// translateGrep reads the options and the pattern of grep and its like.
func translateGrep(rest string) (text string, ok bool) {
	options, pattern := grepOptions(rest)
	return patternTerms(options, alternatives(strings.NewReplacer(`\|`, "|", `\(`, "(", `\)`, ")").Replace(pattern)))
}

// alternatives returns what a pattern with "|" in it may be, also where they stand in one pair of parentheses.
func alternatives(pattern string) []string {
	before, rest, open := strings.Cut(pattern, "(")
	inner, after, closed := strings.Cut(rest, ")")
	if !open || !closed {
		return strings.Split(pattern, "|")
	}
	var texts []string
	for one := range strings.SplitSeq(inner, "|") {
		texts = append(texts, before+one+after)
	}
	return texts
}

// grepOptions parts the options, in lower case, from the pattern, without its quotes.
func grepOptions(rest string) (options, pattern string) {
	for strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "/") {
		option, more, _ := strings.Cut(rest, " ")
		options, rest = options+strings.ToLower(option), strings.TrimSpace(more)
	}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		pattern, _, _ = strings.Cut(rest[1:], rest[:1])
		return options, pattern
	}
	pattern, _, _ = strings.Cut(rest, " ")
	return options, pattern
}

// patternTerms writes patterns of which any may be found, or none with the option -v or /v.
func patternTerms(options string, patterns []string) (text string, ok bool) {
	var terms []string
	for _, p := range patterns {
		if p = strings.Trim(strings.ReplaceAll(p, `\b`, ""), "^$ \\[]"); p != "" {
			terms = append(terms, patternTerm(p))
		}
	}
	if len(terms) == 0 {
		return "", false
	}
	text = "(" + strings.Join(terms, " or ") + ")"
	if strings.ContainsRune(options, 'v') {
		text = "not " + text
	}
	return text, true
}

// patternTerm guesses what kind of thing is looked for in the lines of netstat.
func patternTerm(pattern string) string {
	port := strings.TrimPrefix(pattern, ":")
	n, err := strconv.ParseUint(port, 10, 31)
	_, notAddress := netip.ParseAddr(pattern)
	switch lower := strings.ToLower(pattern); {
	case err == nil && n <= maxPort && port != pattern:
		return "port:" + port
	case err == nil && n <= maxPort:
		return "(port:" + port + " or pid:" + port + ")"
	case err == nil:
		return "pid:" + port
	case isState(pattern):
		return "state:" + Quote(pattern)
	case lower == "tcp" || lower == "udp":
		return "proto:" + lower
	case notAddress == nil:
		return "ip:" + pattern
	}
	return Quote(pattern)
}
