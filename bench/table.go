package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is what one measurement gave, ready to be printed.
type table struct {
	title string
	intro string // what was measured; one paragraph
	head  []string
	rows  [][]string
	notes []string // sentences for below the table
	words bool     // all columns are words, and not only the first
}

// add appends a row.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// note appends a sentence.
func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// page prints tables one after the other, as text or as Markdown.
type page struct {
	out      io.Writer
	markdown bool
}

// print prints a table.
func (p *page) print(t *table) error {
	var b strings.Builder
	heading := "== "
	if p.markdown {
		heading = "## "
	}
	fmt.Fprintf(&b, "\n%s%s\n", heading, t.title)
	p.paragraph(&b, t.intro)
	b.WriteByte('\n')
	if p.markdown || strings.Join(t.head, "") != "" {
		p.row(&b, t, t.head)
	}
	if p.markdown {
		p.rule(&b, t)
	}
	for _, r := range t.rows {
		p.row(&b, t, r)
	}
	p.paragraph(&b, strings.Join(t.notes, " "))
	if _, err := io.WriteString(p.out, b.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// widths returns the width of each column in characters.
func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for _, r := range append([][]string{t.head}, t.rows...) {
		for i, cell := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// row prints the cells of a row, words to the left and numbers to the right.
func (p *page) row(b *strings.Builder, t *table, cells []string) {
	parts := make([]string, len(cells))
	for i, width := range t.widths() {
		space := strings.Repeat(" ", width-utf8.RuneCountInString(cells[i]))
		if i == 0 || t.words {
			parts[i] = cells[i] + space
		} else {
			parts[i] = space + cells[i]
		}
	}
	if p.markdown {
		b.WriteString("| " + strings.Join(parts, " | ") + " |\n")
	} else {
		b.WriteString(strings.TrimRight(strings.Join(parts, "  "), " ") + "\n")
	}
}

// rule prints the line below the head of a Markdown table.
func (p *page) rule(b *strings.Builder, t *table) {
	for i, width := range t.widths() {
		mark := ":"
		if i == 0 || t.words {
			mark = "-"
		}
		b.WriteString("| " + strings.Repeat("-", max(width-1, 1)) + mark + " ")
	}
	b.WriteString("|\n")
}

// lineLength is where paragraphs are broken.
const lineLength = 120

// paragraph prints an empty line and words in lines; nothing for no words.
func (p *page) paragraph(b *strings.Builder, text string) {
	for _, line := range wrap(text) {
		b.WriteString(line)
	}
}

// wrap breaks words into lines, an empty one before them; none for no words.
func wrap(text string) []string {
	var lines []string
	length := lineLength
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if length+1+n > lineLength {
			lines, length = append(lines, "\n"+word), n
			continue
		}
		lines[len(lines)-1] += " " + word
		length += 1 + n
	}
	if lines != nil {
		lines = append(lines, "\n")
	}
	return lines
}
