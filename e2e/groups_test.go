package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// crowd is a listener of the test with connections of three clients, each a process of its own.
func crowd(t *testing.T) (port string, clients []string) {
	t.Helper()
	l := listen(t, 0)
	for i, name := range []string{"grape", "melon", "quince"} {
		a := newActor(t, name, "")
		for range 3 - i {
			a.tell("dial 127.0.0.1:0 %s", l.Addr())
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
		}
		clients = append(clients, name)
	}
	return portOf(l), clients
}

// fold is the button of a group.
func fold(key string) string { return fmt.Sprintf(`tr[data-id="=%s"] a.fold`, key) }

// TestGroups: connections are grouped, groups open and close by mouse and keys, and the URL says which are open.
func TestGroups(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	b := newBrowser(t)
	p := b.tab()
	p.openLive(sockeye.url + "/?rport=" + port + "&group=process")
	closed := []string{"=grape", "=melon", "=quince"}
	rows := p.awaitRows("three groups", func(rows []row) bool { return slices.Equal(ids(rows), closed) })
	for i, want := range []string{"grape", "melon", "quince"} {
		if cell := strings.Fields(rows[i].Cells["group"]); !slices.Equal(cell, []string{want, itoa(3 - i), itoa(3 - i)}) {
			t.Errorf("group %d, its number and its states: %q", i, cell)
		}
		if rows[i].Cells["rx"] != "0 B" {
			t.Errorf("group %s: received %q", want, rows[i].Cells["rx"])
		}
	}
	eval[int](p, "window.sameDocument = 1")
	p.do(chromedp.Click(chromedp.CSS(fold("melon"))))
	open := func(rows []row) bool {
		return len(rows) == 5 && rows[1].ID == "=melon" && rows[2].Cells["proc"] == "melon" && rows[3].Cells["proc"] == "melon" && rows[4].ID == "=quince"
	}
	p.awaitRows("the rows of a group below it", open)
	p.until("the open group in the URL", `location.search === "?rport=`+port+`&group=process&open=melon"`)
	if eval[string](p, `document.activeElement.closest("tr")?.dataset.id ?? ""`) != "=melon" ||
		eval[string](p, `document.querySelector('`+fold("melon")+`').ariaExpanded`) != "true" {
		t.Error("the button of the group lost the focus, or does not say that it is open")
	}
	second := b.tab()
	second.openLive(sockeye.url + "/" + p.search())
	second.awaitRows("the same for whoever opens the link", open)
	plain := b.tab()
	plain.setScript(false)
	plain.open(sockeye.url + "/" + p.search())
	if diff := cmp.Diff(ids(second.rows()), ids(plain.rows())); diff != "" {
		t.Errorf("lines without a script (-with +without):\n%s", diff)
	}

	for _, step := range []struct {
		key  string
		open bool
	}{{kb.ArrowLeft, false}, {kb.ArrowLeft, false}, {kb.ArrowRight, true}, {kb.ArrowRight, true}, {kb.Enter, false}, {" ", true}} {
		p.do(chromedp.KeyEvent(step.key))
		p.until(fmt.Sprintf("open: %v after %q", step.open, step.key), fmt.Sprintf(`document.querySelector('%s').ariaExpanded === "%v" &&
			document.querySelectorAll("#rows tr[data-id]").length === %d`, fold("melon"), step.open, map[bool]int{true: 5, false: 3}[step.open]))
	}
	if eval[int](p, "window.sameDocument ?? 0") != 1 {
		t.Error("the page was loaded anew")
	}
}

// TestGroupForm: the form groups and joins, the box and the history keep to it.
func TestGroupForm(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + port)
	p.awaitRows("six connections", func(rows []row) bool { return len(rows) == 6 })
	choose := func(group string) {
		eval[bool](p, `{ const s = document.querySelector("#shape select"); s.value = "`+group+`"; s.dispatchEvent(new Event("change", {bubbles: true})) }`)
	}
	choose("state")
	p.awaitRows("one group", func(rows []row) bool { return slices.Equal(ids(rows), []string{"=ESTABLISHED"}) })
	p.until("its number", `document.querySelector("#groups").textContent === "in 1 group" && document.querySelector("#matched").textContent === "6"`)
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "proc:grape \r"))
	p.until("the grouping stays", `location.search === "?proc=grape&rport=`+port+`&group=state"`)
	p.until("three match", `document.querySelector("#matched").textContent === "3"`)
	eval[any](p, "history.back() ?? null")
	eval[any](p, "history.back() ?? null")
	p.until("no grouping", `document.querySelector("#shape select").value === ""`)
	p.awaitRows("six connections again", func(rows []row) bool { return len(rows) == 6 })
	p.do(chromedp.Click(chromedp.CSS("#shape #pair")))
	p.until("pairs in the URL", `location.search === "?rport=`+port+`&pair=1"`)
	choose("process")
	p.awaitRows("three groups", func(rows []row) bool { return len(rows) == 3 })
}

// TestPairs: the two ends of a connection within this machine are one line that names both processes, whichever end the
// filter asks for.
func TestPairs(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	b := newBrowser(t)
	for _, view := range []string{"/?rport=" + port + "&pair=1", "/?lport=" + port + "&-state=LISTEN&pair=1"} {
		for _, script := range []bool{true, false} {
			p := b.tab()
			p.setScript(script)
			p.open(sockeye.url + view)
			if script {
				p.awaitState("live")
			}
			rows := p.awaitRows("six lines", func(rows []row) bool { return len(rows) == 6 })
			for _, r := range rows {
				peer := eval[string](p, fmt.Sprintf(`document.querySelector('tr[data-id="%s"] td[data-col="proc"]').dataset.peer ?? ""`, r.ID))
				if !strings.HasSuffix(r.Cells["remote"], ":"+port) || peer != "e2e.test" {
					t.Errorf("%s with script %v: from %s to %s, process %s and %q", view, script, r.Cells["local"], r.Cells["remote"], r.Cells["proc"], peer)
				}
			}
		}
	}
}

// TestGroupsWithoutScript: the same by links and a form.
func TestGroupsWithoutScript(t *testing.T) {
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.setScript(false)
	p.open(sockeye.url + "/?rport=" + port + "&sort=proc")
	p.do(chromedp.SetValue(chromedp.CSS("#shape select"), "process"), chromedp.Click(chromedp.CSS("#shape #pair")), chromedp.Click(chromedp.CSS("#shape button")))
	p.until("the view in the URL", `location.search === "?rport=`+port+`&sort=proc&group=process&pair=1"`)
	p.awaitRows("three groups", func(rows []row) bool { return len(rows) == 3 })
	p.do(chromedp.Click(chromedp.CSS(fold("quince"))))
	p.until("the open group in the URL", `location.search.endsWith("&open=quince&pair=1")`)
	p.awaitRows("its row", func(rows []row) bool { return len(rows) == 4 && rows[3].Cells["proc"] == "quince" })
	p.do(chromedp.Click(chromedp.CSS(fold("quince"))))
	p.awaitRows("closed again", func(rows []row) bool { return len(rows) == 3 })
	p.do(chromedp.SendKeys(chromedp.CSS("form#filter input[name=q]"), "proc:melon \r"))
	p.until("the form keeps the grouping", `new URLSearchParams(location.search).get("group") === "process"`)

	answer, body := sockeye.get("/?group=proces")
	if answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "did you mean") {
		t.Errorf("a grouping that does not exist: %s", answer.Status)
	}
}

// TestGroupsOfHostileNames: a name of a process is text, in the line, in the URL and in the links.
//
//attack:j1
func TestGroupsOfHostileNames(t *testing.T) {
	l := listen(t, 0)
	name := `<b>&?"=\x`
	a := newActor(t, "hostile", name)
	a.tell("dial 127.0.0.1:0 %s", l.Addr())
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/?rport=" + portOf(l) + "&group=process")
	p.awaitRows("one group", func(rows []row) bool { return len(rows) == 1 && strings.HasPrefix(rows[0].Cells["group"], name) })
	p.do(chromedp.Click(chromedp.CSS("a.fold")))
	p.awaitRows("its row", func(rows []row) bool { return len(rows) == 2 && rows[1].Cells["proc"] == name })
	if values, err := url.ParseQuery(strings.TrimPrefix(p.search(), "?")); err != nil || values.Get("open") != name {
		t.Errorf("the URL is %q, %v", p.search(), err)
	}
}

// TestGroupsAccessible: axe-core finds nothing in views with groups, pairs and names.
func TestGroupsAccessible(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("AXE_CORE does not name the file of axe-core; ./test fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := crowd(t)
	sockeye := start(t)
	p := newBrowser(t).tab()
	for _, s := range screens {
		p.setScreen(s.width, s.height, s.scheme)
		for _, path := range []string{"/?group=process&open=grape&port=" + port, "/?pair=1&names=1&port=" + port} {
			t.Run(fmt.Sprintf("%s %d %s", path, s.width, s.scheme), func(t *testing.T) {
				p.openLive(sockeye.url + path)
				checkAccessible(t, p, string(axe))
				if w := eval[int](p, "document.documentElement.scrollWidth"); w > int(s.width) {
					t.Errorf("the page is %d pixels wide", w)
				}
			})
		}
	}
}
