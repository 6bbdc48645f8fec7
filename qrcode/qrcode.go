// Package qrcode draws links as QR codes (ISO/IEC 18004): for a terminal, and as a path of an SVG picture.
package qrcode

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quiet is the width of the empty border, in modules, without which many cameras find nothing.
const quiet = 4

// Code is a QR code.
type Code struct {
	// Size is the length of its side in modules, with the border.
	Size int
	code *qr.Code
}

// New encodes a text with the correction of level M. It fails on texts of more than about two kilobytes.
func New(text string) (*Code, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return &Code{Size: code.Size + 2*quiet, code: code}, nil
}

// black reports whether a module is dark; all of the border is light.
func (c *Code) black(x, y int) bool { return c.code.Black(x-quiet, y-quiet) }

// Path returns the dark modules as the d of an SVG path in a square of Size: one rectangle for each run of them.
func (c *Code) Path() string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.black(x, y) {
				continue
			}
			end := x
			for end < c.Size && c.black(end, y) {
				end++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, end-x, end-x)
			x = end
		}
	}
	return b.String()
}

// ViewBox returns the viewBox of the SVG picture that Path is for.
func (c *Code) ViewBox() string { return "0 0 " + strconv.Itoa(c.Size) + " " + strconv.Itoa(c.Size) }

// Blocks returns the code for a terminal, two modules in a character, lines with "\n". The colours are set to black on
// white (ECMA-48 SGR), since most cameras read no inverted codes.
func (c *Code) Blocks() string {
	var b strings.Builder
	for y := 0; y < c.Size; y += 2 {
		b.WriteString("\x1b[30;47m")
		for x := range c.Size {
			b.WriteString(half[c.black(x, y)][c.black(x, y+1)])
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// half are the characters by upper and lower module.
var half = map[bool]map[bool]string{
	true: {true: "█", false: "▀"}, false: {true: "▄", false: " "},
}
