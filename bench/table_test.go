package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// example is a table with everything that a table can have.
func example() *table {
	t := &table{title: "Two looks", intro: "So it was.", head: []string{"look", "ms", "to the first"}}
	t.add("bare dump", "1.00", "1.00 ×")
	t.add("é", "1,234", unknown)
	t.note("One of %d.", 2)
	t.note("Another.")
	return t
}

func printed(t *testing.T, table *table, markdown bool) string {
	t.Helper()
	var b strings.Builder
	p := page{out: &b, markdown: markdown}
	if err := p.print(table); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrintText(t *testing.T) {
	want := `
== Two looks

So it was.

look          ms  to the first
bare dump   1.00        1.00 ×
é          1,234             –

One of 2. Another.
`
	if diff := cmp.Diff(want, printed(t, example(), false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrintMarkdown(t *testing.T) {
	want := `
## Two looks

So it was.

| look      |    ms | to the first |
| --------- | ----: | -----------: |
| bare dump |  1.00 |       1.00 × |
| é         | 1,234 |            – |

One of 2. Another.
`
	if diff := cmp.Diff(want, printed(t, example(), true)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPrintWords: a table without a head, all of whose columns are words, has neither heading row nor trailing space.
func TestPrintWords(t *testing.T) {
	words := &table{title: "It", head: []string{"", ""}, words: true}
	words.add("a", "long one")
	words.add("date", "b")
	if diff := cmp.Diff("\n== It\n\na     long one\ndate  b\n", printed(t, words, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := printed(t, words, true); !strings.Contains(got, "| ---- | -------- |\n") {
		t.Errorf("Markdown without its rule to the left:\n%s", got)
	}
}

// TestPrintFails where nothing can be written.
func TestPrintFails(t *testing.T) {
	p := page{out: full{}}
	if err := p.print(example()); err == nil {
		t.Error("no error")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestWrapKeepsWords, in their order, in lines that are not too long, as full as they go.
func TestWrapKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé×]{1,150}`)).Draw(t, "words")
		text := strings.Join(wrap(strings.Join(words, " ")), "")
		if diff := cmp.Diff(strings.Join(words, " "), strings.Join(strings.Fields(text), " ")); diff != "" {
			t.Fatalf("words (-want +got):\n%s", diff)
		}
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			n := utf8.RuneCountInString(line)
			if n > lineLength && strings.Contains(line, " ") {
				t.Fatalf("line of %d characters", n)
			}
			if i > 1 && line != "" {
				first, _, _ := strings.Cut(line, " ")
				if utf8.RuneCountInString(lines[i-1])+1+utf8.RuneCountInString(first) <= lineLength {
					t.Fatalf("%q had room in the line before", first)
				}
			}
		}
	})
}
