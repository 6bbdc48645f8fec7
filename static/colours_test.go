package static

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rgb is a colour in linear light, from 0 to 1 each.
type rgb [3]float64

// palette is the tokens of one theme, as css/tokens.css has them.
type palette struct {
	t     *testing.T
	theme int // 0 is light, 1 dark
	vars  map[string]string
}

// readPalette reads the custom properties of :root in css/tokens.css.
func readPalette(t *testing.T, theme int) *palette {
	t.Helper()
	text, err := files.ReadFile("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	root, _, _ := strings.Cut(string(text), "@media")
	p := &palette{t: t, theme: theme, vars: map[string]string{}}
	for _, m := range regexp.MustCompile(`(?m)^\s+--([a-z-]+): (.*);$`).FindAllStringSubmatch(root, -1) {
		p.vars[m[1]] = m[2]
	}
	return p
}

// charted are the states in the order in which they lie upon each other in the chart, that of package poller.
var charted = strings.Fields("LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED NONE")

// areas returns what each state is painted with in the chart.
func areas(t *testing.T) map[string]string {
	t.Helper()
	text, err := files.ReadFile("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	paint := map[string]string{}
	for _, m := range regexp.MustCompile(`\[data-state="([A-Z_0-9]+)"\] \{ --c: (var\(--[a-z-]+\)); --area: ([^;]*);`).FindAllStringSubmatch(string(text), -1) {
		paint[m[1]] = strings.ReplaceAll(m[3], "var(--c)", m[2])
	}
	for _, state := range charted {
		if paint[state] == "" {
			t.Fatalf("%s has no colour", state)
		}
	}
	return paint
}

// colour computes a colour of the style sheet: #hex, oklch(), light-dark(), color-mix(in oklab), var().
func (p *palette) colour(text string) rgb {
	p.t.Helper()
	text = strings.TrimSpace(text)
	name, arguments := text, ""
	if i := strings.IndexByte(text, '('); i > 0 {
		name, arguments = text[:i], text[i+1:len(text)-1]
	}
	switch {
	case strings.HasPrefix(text, "#"):
		return p.hex(text)
	case name == "var":
		value, there := p.vars[strings.TrimPrefix(arguments, "--")]
		if !there {
			p.t.Fatalf("no token %s", arguments)
		}
		return p.colour(value)
	case name == "light-dark":
		return p.colour(split(arguments)[p.theme])
	case name == "oklch":
		return p.oklch(strings.Fields(arguments))
	case name == "color-mix":
		parts := split(arguments)
		first, share, _ := strings.Cut(strings.TrimSpace(parts[1]), ") ")
		return mix(p.colour(first+")"), p.colour(parts[2]), p.number(strings.TrimSuffix(share, "%"))/100)
	}
	p.t.Fatalf("no colour: %s", text)
	return rgb{}
}

func (p *palette) number(text string) float64 {
	p.t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *palette) hex(text string) (c rgb) {
	p.t.Helper()
	n, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil || len(text) != 7 {
		p.t.Fatalf("no colour: %s", text)
	}
	for i := range c {
		c[i] = linear(float64(n>>(16-8*i)&0xff) / 255)
	}
	return c
}

// oklch reads lightness in percent, chroma, and the hue in degrees or as var(--hue).
func (p *palette) oklch(fields []string) rgb {
	p.t.Helper()
	hue := fields[2]
	if hue == "var(--hue)" {
		hue = p.vars["hue"]
	}
	chroma, angle := p.number(fields[1]), p.number(hue)*math.Pi/180
	return fromOKLab([3]float64{p.number(strings.TrimSuffix(fields[0], "%")) / 100, chroma * math.Cos(angle), chroma * math.Sin(angle)})
}

// split parts arguments at the commas that are in no parentheses.
func split(text string) (parts []string) {
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts, start = append(parts, text[start:i]), i+1
			}
		}
	}
	return append(parts, text[start:])
}

// linear takes the transfer function of sRGB (IEC 61966-2-1) away.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// multiply multiplies a vector by a matrix.
func multiply(m [3][3]float64, v [3]float64) (out [3]float64) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

// The matrices of OKLab (CSS Color 4, section 9.2) from and to linear sRGB.
var (
	toLMS   = [3][3]float64{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}
	toLab   = [3][3]float64{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}
	fromLab = [3][3]float64{{1, 0.3963377774, 0.2158037573}, {1, -0.1055613458, -0.0638541728}, {1, -0.0894841775, -1.2914855480}}
	fromLMS = [3][3]float64{{4.0767416621, -3.3077115913, 0.2309699292}, {-1.2684380046, 2.6097574011, -0.3413193965}, {-0.0041960863, -0.7034186147, 1.7076147010}}
)

func oklab(c rgb) [3]float64 {
	lms := multiply(toLMS, c)
	for i := range lms {
		lms[i] = math.Cbrt(lms[i])
	}
	return multiply(toLab, lms)
}

// fromOKLab returns the colour, cut to what a screen has.
func fromOKLab(lab [3]float64) rgb {
	lms := multiply(fromLab, lab)
	for i := range lms {
		lms[i] *= lms[i] * lms[i]
	}
	c := rgb(multiply(fromLMS, lms))
	for i := range c {
		c[i] = min(1, max(0, c[i]))
	}
	return c
}

// mix is color-mix(in oklab): so much of a, the rest of b.
func mix(a, b rgb, share float64) rgb {
	one, two := oklab(a), oklab(b)
	for i := range one {
		one[i] = share*one[i] + (1-share)*two[i]
	}
	return fromOKLab(one)
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b rgb) float64 {
	luminance := func(c rgb) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] + 0.05 }
	x, y := luminance(a), luminance(b)
	return max(x, y) / min(x, y)
}

// eyes are how colours are seen: as they are, and without one kind of cones, by the matrices of Machado, Oliveira and
// Fernandes (2009) at severity 1, in linear light.
var eyes = map[string][3][3]float64{
	"usual":  {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// distance is a hundred times the distance in OKLab, as those eyes see it.
func distance(a, b rgb, eye [3][3]float64) float64 {
	see := func(c rgb) [3]float64 {
		c = multiply(eye, c)
		for i := range c {
			c[i] = min(1, max(0, c[i]))
		}
		return oklab(c)
	}
	x, y := see(a), see(b)
	return 100 * math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2])
}

// themes are the names of the themes by their place in light-dark().
var themes = []string{"light", "dark"}

// TestTextContrast: text of each colour can be read on each ground that it stands on: 4.5 to 1 (WCAG 2.2, 1.4.3).
func TestTextContrast(t *testing.T) {
	for theme, name := range themes {
		p := readPalette(t, theme)
		selected := mix(p.colour("var(--accent)"), p.colour("var(--paper)"), 0.12)
		grounds := map[string]rgb{"selected": selected}
		for _, ground := range []string{"paper", "page", "raised", "hover"} {
			grounds[ground] = p.colour("var(--" + ground + ")")
		}
		for _, text := range []string{"ink", "soft", "faint", "accent", "bad", "good", "warn"} {
			for ground, under := range grounds {
				if text == "faint" && ground == "selected" || text == "good" && ground == "selected" || text == "warn" && ground == "selected" {
					continue // faint text becomes soft there, and nothing is good or a warning
				}
				if c := contrast(p.colour("var(--"+text+")"), under); c < 4.5 {
					t.Errorf("%s: --%s on %s has %.2f : 1", name, text, ground, c)
				}
			}
		}
		if c := contrast(p.colour("var(--on-accent)"), p.colour("var(--accent)")); c < 4.5 {
			t.Errorf("%s: text on the accent has %.2f : 1", name, c)
		}
		for _, state := range []string{"serving", "opening", "open", "closing", "cooling", "peer-closed", "closed"} {
			pill := mix(p.colour("var(--"+state+")"), selected, 0.12)
			if c := contrast(p.colour("var(--soft)"), pill); c < 4.5 {
				t.Errorf("%s: the words of a %s state that is closed and selected have %.2f : 1", name, state, c)
			}
		}
	}
}

// TestChartContrast: the area of each state, and what moves, stands out from the ground of the chart: 3 to 1 (WCAG 2.2,
// 1.4.11).
func TestChartContrast(t *testing.T) {
	paint := areas(t)
	for theme, name := range themes {
		p := readPalette(t, theme)
		paper := p.colour("var(--paper)")
		for _, state := range charted {
			if c := contrast(p.colour(paint[state]), paper); c < 3 {
				t.Errorf("%s: %s has %.2f : 1", name, state, c)
			}
		}
		for _, flow := range []string{"received", "sent", "good", "bad"} {
			if c := contrast(p.colour("var(--"+flow+")"), paper); c < 3 {
				t.Errorf("%s: --%s has %.2f : 1", name, flow, c)
			}
		}
	}
}

// TestChartColours: areas of states that lie upon each other in the chart are told apart by every eye, and so are all
// families of states.
func TestChartColours(t *testing.T) {
	const neighbours, families = 9, 10
	paint := areas(t)
	for theme, name := range themes {
		p := readPalette(t, theme)
		for eye, matrix := range eyes {
			for i, state := range charted[1:] {
				below := charted[i]
				if d := distance(p.colour(paint[state]), p.colour(paint[below]), matrix); d < neighbours {
					t.Errorf("%s, %s: %s and %s are %.1f apart", name, eye, below, state, d)
				}
			}
			family := []string{"serving", "opening", "open", "closing", "cooling", "peer-closed", "closed"}
			for i, a := range family {
				for _, b := range family[:i] {
					if d := distance(p.colour("var(--"+a+")"), p.colour("var(--"+b+")"), matrix); d < families {
						t.Errorf("%s, %s: the families %s and %s are %.1f apart", name, eye, a, b, d)
					}
				}
			}
		}
	}
}

// TestColourArithmetic holds the arithmetic of these tests against known values.
func TestColourArithmetic(t *testing.T) {
	p := readPalette(t, 0)
	white, black, red := p.hex("#ffffff"), p.hex("#000000"), p.hex("#ff0000")
	for _, tt := range []struct {
		what      string
		got, want float64
	}{
		{"white on black", contrast(white, black), 21},
		{"#767676 on white", contrast(p.hex("#767676"), white), 4.54},
		{"from black to white", distance(white, black, eyes["usual"]), 100},
		{"lightness of red", oklab(red)[0], 0.628},
		{"there and back", fromOKLab(oklab(red))[0], 1},
		{"half of black and white", oklab(mix(white, black, 0.5))[0], 0.5},
		{"red and green without red cones", math.Round(distance(red, p.hex("#00ff00"), eyes["protan"]) / distance(red, p.hex("#00ff00"), eyes["usual"])), 1},
	} {
		if math.Abs(tt.got-tt.want) > 0.01 {
			t.Errorf("%s: %s, want %v", tt.what, fmt.Sprint(tt.got), tt.want)
		}
	}
}
