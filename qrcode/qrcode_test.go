package qrcode

import (
	"strconv"
	"strings"
	"testing"
)

const link = "https://192.0.2.20:8080/?state=ESTABLISHED#k=AAAAAAAAAAAAAAAAAAAAAA"

// finder is the pattern in three corners by which a code is found.
var finder = []string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}

// modules reads the code back from what is drawn.
type modules map[[2]int]bool

func (m modules) hasFinder(x0, y0 int) bool {
	for y, line := range finder {
		for x, c := range line {
			if m[[2]int{x0 + x, y0 + y}] != (c == '#') {
				return false
			}
		}
	}
	return true
}

// fromPath reads the runs of a path.
func fromPath(t *testing.T, d string) modules {
	t.Helper()
	m := modules{}
	for _, run := range strings.Split(strings.TrimSuffix(d, "z"), "z") {
		at, rest, ok := strings.Cut(strings.TrimPrefix(run, "M"), "h")
		xs, ys, ok2 := strings.Cut(at, " ")
		ws, _, ok3 := strings.Cut(rest, "v1h-")
		x, e1 := strconv.Atoi(xs)
		y, e2 := strconv.Atoi(ys)
		w, e3 := strconv.Atoi(ws)
		if !ok || !ok2 || !ok3 || e1 != nil || e2 != nil || e3 != nil {
			t.Fatalf("run %q", run)
		}
		for i := range w {
			m[[2]int{x + i, y}] = true
		}
	}
	return m
}

// fromBlocks reads the characters of a terminal.
func fromBlocks(text string) modules {
	m := modules{}
	for row, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;47m"), "\x1b[0m")
		for x, r := range []rune(line) {
			m[[2]int{x, 2 * row}] = r == '█' || r == '▀'
			m[[2]int{x, 2*row + 1}] = r == '█' || r == '▄'
		}
	}
	return m
}

// TestPictures: both pictures show the same modules, with the patterns in three corners and an empty border.
func TestPictures(t *testing.T) {
	c, err := New(link)
	if err != nil {
		t.Fatal(err)
	}
	path, blocks := fromPath(t, c.Path()), fromBlocks(c.Blocks())
	for y := range c.Size {
		for x := range c.Size {
			at := [2]int{x, y}
			border := x < quiet || y < quiet || x >= c.Size-quiet || y >= c.Size-quiet
			if path[at] != blocks[at] || border && path[at] {
				t.Fatalf("module %v: path %v, blocks %v", at, path[at], blocks[at])
			}
		}
	}
	far := c.Size - quiet - len(finder)
	if !path.hasFinder(quiet, quiet) || !path.hasFinder(far, quiet) || !path.hasFinder(quiet, far) || path.hasFinder(far, far) {
		t.Error("the corners are not those of a QR code")
	}
	if want := "0 0 " + strconv.Itoa(c.Size) + " " + strconv.Itoa(c.Size); c.ViewBox() != want {
		t.Errorf("%q", c.ViewBox())
	}
}

// TestTooLong: what does not fit is an error.
func TestTooLong(t *testing.T) {
	if _, err := New(strings.Repeat("x", 5000)); err == nil {
		t.Error("5,000 characters fit")
	}
}
