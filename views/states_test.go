package views

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sockeye/poller"
)

// tokens reads the style sheet that knows the states.
func tokens(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStatesAreDrawn: every state has a sentence, a glyph of its own, and a colour.
func TestStatesAreDrawn(t *testing.T) {
	css := tokens(t)
	glyphs := make(map[string]poller.State)
	for _, s := range poller.States() {
		if stateHelp[s] == "" {
			t.Errorf("%s: no help", s)
		}
		m := regexp.MustCompile(`\[data-state="` + s.String() + `"\] \{ --c: var\(--[a-z-]+\); --area: .+; --glyph: "(.+)"; \}`).FindStringSubmatch(css)
		if m == nil {
			t.Errorf("%s: no colour or glyph", s)
			continue
		}
		if other, taken := glyphs[m[1]]; taken {
			t.Errorf("%s and %s have the glyph %s", s, other, m[1])
		}
		glyphs[m[1]] = s
	}
}

// TestStateContrast: the seven colours stand out from the ground by 3:1 in both themes (WCAG 2.2, 1.4.11).
func TestStateContrast(t *testing.T) {
	css := tokens(t)
	paper := pair(t, css, "paper")
	for _, family := range strings.Fields("serving opening open closing cooling peer-closed closed") {
		c := pair(t, css, family)
		for i, theme := range []string{"light", "dark"} {
			if got := contrast(c[i], paper[i]); got < 3 {
				t.Errorf("%s, %s: %.2f:1", family, theme, got)
			}
		}
	}
}

// pair returns the luminances of a token in the light and in the dark theme.
func pair(t *testing.T, css, name string) [2]float64 {
	t.Helper()
	m := regexp.MustCompile(`--` + name + `: light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindStringSubmatch(css)
	if m == nil {
		t.Fatalf("no token --%s in hexadecimal", name)
	}
	return [2]float64{luminance(t, m[1]), luminance(t, m[2])}
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var rgb [3]uint8
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, weight := range [...]float64{0.2126, 0.7152, 0.0722} {
		v := float64(rgb[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

func TestStateCounts(t *testing.T) {
	d := dashboard(t, "state:listen", listener())
	links := find(byID(t, parse(t, DashboardPage(d)), "states"), func(n *html.Node) bool { return n.Data == "a" })
	if len(links) != len(poller.States()) {
		t.Fatalf("%d links", len(links))
	}
	for i, s := range poller.States() {
		n, current := "0", ""
		if s == poller.StateListen {
			n, current = "1", "true"
		}
		if got, want := content(links[i]), s.String()+n; strings.ReplaceAll(got, " ", "") != want {
			t.Errorf("%s shows %q, want %q", s, got, want)
		}
		if attr(links[i], "href") != "/?state="+s.String() || attr(links[i], "aria-current") != current {
			t.Errorf("%s: %v", s, links[i].Attr)
		}
	}
}
