package capability

import (
	"fmt"
	"strings"
)

// marks are the levels in a table of few letters.
var marks = map[Level]string{Yes: "yes", Partly: "partly", No: "–"}

// Markdown returns the table as docs/platforms.md has it: one table, and below it the reasons.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| what | ")
	for _, p := range platforms {
		b.WriteString(p.Name + " | ")
	}
	b.WriteString("\n|---" + strings.Repeat("|---", numPlatforms) + "|\n")
	for _, f := range Facts() {
		b.WriteString("| " + f.Title + " |")
		for _, c := range f.Cells {
			b.WriteString(" " + marks[c.Level] + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, f := range Facts() {
		fmt.Fprintf(&b, "### %s\n\n", f.Title)
		if len(f.Fields) > 0 {
			fmt.Fprintf(&b, "In data: `%s`.\n\n", strings.Join(f.Fields, "`, `"))
		}
		for _, why := range f.reasons() {
			fmt.Fprintf(&b, "- %s\n", why)
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// reasons returns the reasons of a fact, each with the platforms for which it holds.
func (f *Fact) reasons() []string {
	var all []string
	told := map[Cell]bool{}
	for _, c := range f.Cells {
		if told[c] {
			continue
		}
		told[c] = true
		var who []string
		for j, other := range f.Cells {
			if other == c {
				who = append(who, platforms[j].Name)
			}
		}
		text := strings.Join(who, "; ") + ": " + marks[c.Level] + "."
		if c.Level == No {
			text = strings.Join(who, "; ") + ": not known."
		}
		if c.Why != "" {
			text += " " + c.Why
		}
		all = append(all, text)
	}
	return all
}
