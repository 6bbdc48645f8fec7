package static

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStrip(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"// Said.\n\n  a();\n\tb(); // kept\n": "a();\nb(); // kept\n",
		"/** One. */\na();":                    "a();\n",
		"  /**\n   * Two,\n   * lines.\n   */\n  a();\n": "a();\n",
		"/* a */ b();\n":     "/* a */ b();\n",
		"/* a\n */ b();\n":   "/* a\n*/ b();\n",
		"a(\"// b\");\n":     "a(\"// b\");\n",
		"a(); /* b */\n// c": "a(); /* b */\n",
		"/* never ends\n":    "/* never ends\n",
	} {
		if diff := cmp.Diff(want, string(strip([]byte(in)))); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

// TestStripKeepsMeaning: whatever lines a script is made of, the same tokens stand on the same lines in the same order.
func TestStripKeepsMeaning(t *testing.T) {
	lines := []string{
		"", "  ", "const a = 1;", "\treturn", "  x / y / z;", "// a", "  // `b", "/** c */", "  /**\n   * d `e` // f\n   */",
		"a(); // g", "b(/* h */);", "const s = \"// no\";", "const t = '/* no';", "c(/\\/\\/[/\"]/.test(`// ${d(\"`\")} ${`e`}`));",
		"/* i */ j();", "/* k\n */ l();", "({", "})", "m++", "++n",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(lines)).Draw(t, "lines"), "\n")
		before, err := tokens(text)
		if err != nil {
			t.Skip(err)
		}
		after, err := tokens(string(strip([]byte(text))))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("%q: %s", text, diff)
		}
	})
}

// TestModulesMeanTheSame: every script of ours has the same tokens with and without what strip leaves out, and the
// joined one is nothing but these. A literal that spans lines has no tokens here.
func TestModulesMeanTheSame(t *testing.T) {
	for name, text := range own(t) {
		if path.Ext(name) != ".js" {
			continue
		}
		before, err := tokens(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		after, err := tokens(string(strip([]byte(text))))
		if err != nil {
			t.Errorf("%s, stripped: %v", name, err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestSheetsMeanTheSame: a style sheet differs from what is served by comments and space only.
func TestSheetsMeanTheSame(t *testing.T) {
	comment, space := regexp.MustCompile(`(?s)/\*.*?\*/`), regexp.MustCompile(`\s+`)
	plain := func(s string) string {
		return strings.TrimSpace(space.ReplaceAllString(comment.ReplaceAllString(s, " "), " "))
	}
	for name, text := range own(t) {
		if path.Ext(name) != ".css" {
			continue
		}
		if strings.Contains(strings.ReplaceAll(text, "\\\\", ""), "\\\n") {
			t.Errorf("%s has a text that spans lines", name)
		}
		if diff := cmp.Diff(plain(text), plain(string(strip([]byte(text))))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTokensKnowLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"a / b / c":             "a / b / c",
		"x = /[/]\\//g.test(y)": "x = /[/]\\// g . test ( y )",
		"`a${b(`c}`)}d`":        "`a${b(`c}`)}d`",
		"f('//') // g":          "f ( '//' )",
		"a\n/* \n */\n\nb":      "a ⏎ b",
		"return /x/":            "return /x/",
		"`one\ntwo`":            "error",
		"`one${\n2}`":           "error",
		"\"one":                 "error",
		"/* one":                "error",
	} {
		got, err := tokens(text)
		if err != nil {
			got = []string{"error"}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q (%v)", text, got, want, err)
		}
	}
}

// A lexer cuts a script into tokens (ECMAScript 2024 section 12), as far as scripts here need it.
type lexer struct {
	text string
	all  []string
}

var (
	blank     = regexp.MustCompile(`^[ \t\r]+`)
	comments  = regexp.MustCompile(`^(?://[^\n]*|/\*(?s:.*?)\*/)`)
	quoted    = regexp.MustCompile(`^(?:"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')`)
	words     = regexp.MustCompile(`^[\p{L}\p{N}_$#]+`)
	slashed   = regexp.MustCompile(`^/(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/`)
	plainPart = regexp.MustCompile("^(?:[^`\\\\\n$]|\\\\[^\n]|\\$[^{`])*\\$?")
)

// tokens returns the tokens of a script; "⏎" stands for one or more ends of lines, which can end a statement.
func tokens(text string) ([]string, error) {
	l := &lexer{text: text}
	for l.text != "" {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	if n := len(l.all); n > 0 && l.all[n-1] == "⏎" {
		l.all = l.all[:n-1]
	}
	return l.all, nil
}

// next takes one token, or what stands between two.
func (l *lexer) next() error {
	switch {
	case l.text[0] == '\n':
		l.newline()
		l.text = l.text[1:]
	case blank.MatchString(l.text):
		l.text = l.text[len(blank.FindString(l.text)):]
	case comments.MatchString(l.text):
		found := comments.FindString(l.text)
		if strings.Contains(found, "\n") {
			l.newline()
		}
		l.text = l.text[len(found):]
	case quoted.MatchString(l.text):
		l.take(quoted.FindString(l.text))
	case l.text[0] == '`':
		literal, err := template(l.text)
		if err != nil {
			return err
		}
		l.take(literal)
	case words.MatchString(l.text):
		l.take(words.FindString(l.text))
	case l.text[0] == '/' && l.operand() && slashed.MatchString(l.text):
		l.take(slashed.FindString(l.text))
	case strings.ContainsRune(`"'`, rune(l.text[0])) || strings.HasPrefix(l.text, "/*"):
		return fmt.Errorf("a literal or a comment does not end: %.40q", l.text)
	default:
		l.take(string([]rune(l.text)[:1]))
	}
	return nil
}

func (l *lexer) take(token string) {
	l.all = append(l.all, token)
	l.text = l.text[len(token):]
}

func (l *lexer) newline() {
	if n := len(l.all); n > 0 && l.all[n-1] != "⏎" {
		l.all = append(l.all, "⏎")
	}
}

// operand reports whether an operand is due, so that a slash begins a regular expression.
func (l *lexer) operand() bool {
	for i := len(l.all) - 1; i >= 0; i-- {
		switch last := l.all[i]; {
		case last == "⏎":
			continue
		case last == "return" || last == "typeof":
			return true
		default:
			return !words.MatchString(last) && !strings.ContainsAny(last[len(last)-1:], ")]`\"'")
		}
	}
	return true
}

// template returns the template literal that the text begins with.
func template(text string) (string, error) {
	at := 1
	for at < len(text) {
		at += len(plainPart.FindString(text[at:]))
		switch {
		case strings.HasPrefix(text[at:], "`"):
			return text[:at+1], nil
		case at > 0 && text[at-1] == '$' && strings.HasPrefix(text[at:], "{"):
			length, err := substitution(text[at:])
			if err != nil {
				return "", err
			}
			at += length
		default:
			return "", fmt.Errorf("a template literal spans lines: %.40q", text)
		}
	}
	return "", fmt.Errorf("a template literal does not end: %.40q", text)
}

// substitution returns the length of the text in braces, braces included.
func substitution(text string) (int, error) {
	l := &lexer{text: text}
	depth := 0
	for l.text != "" {
		before := len(l.all)
		if err := l.next(); err != nil {
			return 0, err
		}
		for _, token := range l.all[before:] {
			switch token {
			case "⏎":
				return 0, fmt.Errorf("a template literal spans lines: %.40q", text)
			case "{":
				depth++
			case "}":
				depth--
			}
		}
		if depth == 0 {
			return len(text) - len(l.text), nil
		}
	}
	return 0, fmt.Errorf("a substitution does not end: %.40q", text)
}
