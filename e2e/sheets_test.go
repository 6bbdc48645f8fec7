package e2e

import (
	"fmt"
	"os"
	"testing"
)

// TestAccessibilityOfSheets: what opens over the page is as accessible as the page.
func TestAccessibilityOfSheets(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, p := openCharts(t)
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for name, steps := range map[string][2]string{
			"numbers": {`document.querySelector("#numbers").showPopover()`, `document.querySelector("#numbers").hidePopover()`},
			"keys":    {`document.querySelector("#shortcuts").showPopover()`, `document.querySelector("#shortcuts").hidePopover()`},
			"palette": {`document.querySelector("[data-do=palette]").click()`, `document.querySelector("#palette").close()`},
			"a time":  {`document.querySelector("[data-period=earlier]").click()`, `document.querySelector("#live").click()`},
		} {
			t.Run(fmt.Sprintf("%s %d %s", name, s.width, s.scheme), func(t *testing.T) {
				eval[any](p, steps[0]+" ?? null")
				checkAccessible(t, p, string(axe))
				if small := eval[string](p, `[...document.querySelectorAll(".period a, .switch label, .foot .data > *, #palette li, .choice")].filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML).join()`); small != "" {
					t.Errorf("too low to touch: %s", small)
				}
				eval[any](p, steps[1]+" ?? null")
			})
		}
	}
}
