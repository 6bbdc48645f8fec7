package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var (
	update = flag.Bool("update", false, "write docs/attacks.md")
	ran    = flag.String("ran", "", "`file` with the output of go test -v ./..., for the results in docs/attacks.md")
)

// The table of attacks, and the page that is made of it and of the tests.
const (
	attackTable = "testdata/attacks.tsv"
	attackPage  = "docs/attacks.md"
)

// attack is one row of the table of attacks.
type attack struct{ id, what, want string }

// cover is a test that says it covers a row: a line "//attack:w3 closed with 1007" in its comment, with the
// row and, where there is more to say than the row does, what the test sees.
type cover struct{ id, saw, pkg, test, file string }

// uncovered says why a row has no test. Where it has one after all, that goes before.
var uncovered = map[string]string{
	"W1": "The suite needs Python 2. TestWireAttacks and TestWireFriends make its cases of framing, fragments, control frames, UTF-8 and close codes by hand.",
	"K4": "sockeye enters no network namespace but its own.",
	"K6": "No eBPF is used.",
	"X8": "There is no privileged part: one process, with the capabilities that it is given.",
	"M1": "sockeye shows one machine; there are no agents.",
	"M2": "sockeye shows one machine; there is no hub.",
	"M3": "No message server is built in; TestNothingElseListens holds that nothing but the page's port listens.",
	"M4": "There are no agents, so there are no actions over them.",
	"S1": "Not by a test: it needs the vulnerability database, which is not at hand where the tests run. SECURITY.md has the command, and what it found last.",
	"S3": "There are no releases yet. It is built from source.",
}

// named are tests that cover a row and do not say so themselves, by their package.
var named = map[string][]string{
	"A1":  {"sockeye:TestEveryRouteHasARule", "sockeye/server:TestRules", "sockeye/server:TestRouteWithoutRuleIsTold"},
	"A3":  {"sockeye/access:TestGuesses"},
	"A6":  {"sockeye/access:TestEnd", "sockeye/access:TestEndLink", "sockeye/e2e:TestSharedView"},
	"A8":  {"sockeye/access:TestLink"},
	"A9":  {"sockeye/access:TestExpiry"},
	"A10": {"sockeye/poller/sockdiag:TestPeerUIDOfAnother", "sockeye/owner:TestOfPeerOfOthers"},
	"N3":  {"sockeye/e2e:TestSharedView"},
	"X1":  {"sockeye/e2e:TestActionRoutes"},
	"X2":  {"sockeye/e2e:TestOnlyTheOwner", "sockeye/web:TestWhoMayAct"},
	"X3":  {"sockeye/actions:TestRealPIDReuse", "sockeye/actions:TestPIDReuse"},
	"X4":  {"sockeye/actions:TestRealPortReuse", "sockeye/actions:TestPortReuse"},
	"X5":  {"sockeye/actions:TestDenied", "sockeye/actions:TestDeniedSockets", "sockeye/actions:TestRealDenied"},
	"X6":  {"sockeye/actions:TestOneEffect", "sockeye/actions:TestConfirmation", "sockeye/e2e:TestDoubleClick"},
	"X7":  {"sockeye/e2e:TestForeignPages"},
	"X9":  {"sockeye/actions:TestMayStart", "sockeye/actions:TestRealStart"},
	"X10": {"sockeye/actions:TestFullAuditLog", "sockeye/actions:TestFullDisk", "sockeye/e2e:TestNoAuditLog"},
}

// notYet is the reason of rows whose defence is built apart from their tests.
const notYet = "No test says so yet."

// readAttacks reads the table.
func readAttacks(t *testing.T) (rows []attack) {
	t.Helper()
	raw, err := os.ReadFile(attackTable)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			t.Fatalf("%s: %q has %d columns, want 3", attackTable, line, len(f))
		}
		rows = append(rows, attack{f[0], f[1], f[2]})
	}
	return rows
}

// readCovers reads what the tests of all packages say that they cover.
func readCovers(t *testing.T) (covers []cover) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				covers = append(covers, coversOf(fn, path)...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return covers
}

// coversOf reads the comment of one function.
func coversOf(fn *ast.FuncDecl, path string) (covers []cover) {
	pkg := "sockeye"
	if dir := filepath.ToSlash(filepath.Dir(path)); dir != "." {
		pkg += "/" + dir
	}
	for id, tests := range named {
		if slices.Contains(tests, pkg+":"+fn.Name.Name) {
			covers = append(covers, cover{id, "", pkg, fn.Name.Name, filepath.ToSlash(path)})
		}
	}
	if fn.Doc == nil {
		return covers
	}
	for _, c := range fn.Doc.List {
		if text, ok := strings.CutPrefix(c.Text, "//attack:"); ok {
			id, saw, _ := strings.Cut(text, " ")
			covers = append(covers, cover{strings.ToUpper(id), saw, pkg, fn.Name.Name, filepath.ToSlash(path)})
		}
	}
	return covers
}

// TestAttackPage: docs/attacks.md has every row of the table with the tests that say they cover it, and every row has
// a test or a reason. "go test -run TestAttackPage . -update -ran FILE" writes it, with the results of a run.
func TestAttackPage(t *testing.T) {
	rows, covers := readAttacks(t), readCovers(t)
	known := map[string]bool{}
	for _, r := range rows {
		known[r.id] = true
		tested := slices.ContainsFunc(covers, func(c cover) bool { return c.id == r.id })
		if !tested && uncovered[r.id] == "" && r.id[0] != 'A' && r.id[0] != 'X' {
			t.Errorf("row %s has neither a test nor a reason", r.id)
		}
	}
	for _, c := range covers {
		if !known[c.id] || !strings.HasPrefix(c.test, "Test") && !strings.HasPrefix(c.test, "Fuzz") {
			t.Errorf("%s: %s covers %s, which is no row or which is no test", c.file, c.test, c.id)
		}
	}
	old, err := os.ReadFile(attackPage)
	if err != nil && !*update {
		t.Fatal(err)
	}
	page := attacksAsMarkdown(rows, covers, resultsFor(t, string(old)))
	if *update {
		if err := os.WriteFile(attackPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(page, string(old)); diff != "" {
		t.Errorf("%s is stale: run go test -run TestAttackPage . -update (-want +got)\n%s", attackPage, diff)
	}
}

// TestAttacksRan: in a run whose output is given, every test that covers a row has run, and none has failed.
func TestAttacksRan(t *testing.T) {
	if *ran == "" {
		t.Skip("no output of a run is given")
	}
	results, counts := resultsFor(t, ""), map[string]int{}
	for _, c := range readCovers(t) {
		result := cmp.Or(results[c.pkg+"."+c.test], "not run")
		counts[result]++
		if result != "passed" && result != "skipped" {
			t.Errorf("row %s: %s in %s: %s", c.id, c.test, c.file, result)
		}
	}
	t.Logf("tests of attacks: %v; rows without: %d", counts, len(uncovered))
}

// The lines of go test -v and of docs/attacks.md that tell a result.
var (
	resultLine  = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (\w+) `)
	packageLine = regexp.MustCompile(`^(?:ok  |FAIL|\?   )\t(\S+)`)
	pageLine    = regexp.MustCompile("`(\\w+)` \\(([^)]+)_test\\.go\\), (passed|skipped|failed)")
)

// resultsFor returns the result of each test, by package and name: of the run that is given, and of the page for what
// that run did not have.
func resultsFor(t *testing.T, page string) map[string]string {
	t.Helper()
	results := map[string]string{}
	for _, m := range pageLine.FindAllStringSubmatch(page, -1) {
		pkg := "sockeye"
		if dir := filepath.ToSlash(filepath.Dir(m[2])); dir != "." {
			pkg += "/" + dir
		}
		results[pkg+"."+m[1]] = m[3]
	}
	if *ran == "" {
		return results
	}
	f, err := os.Open(*ran)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	words, waiting := map[string]string{"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}, map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if m := resultLine.FindStringSubmatch(lines.Text()); m != nil {
			waiting[m[2]] = words[m[1]]
		} else if m := packageLine.FindStringSubmatch(lines.Text()); m != nil {
			for name, result := range waiting {
				results[m[1]+"."+name] = result
			}
			clear(waiting)
		}
	}
	return results
}

// attacksAsMarkdown writes the page.
func attacksAsMarkdown(rows []attack, covers []cover, results map[string]string) string {
	var b strings.Builder
	b.WriteString(attackIntro)
	for _, r := range rows {
		if title := attackChapters[r.id]; title != "" {
			fmt.Fprintf(&b, "\n## %s\n\n| | Attack | What must come of it | Test, and the result of its last recorded run |\n|---|---|---|---|\n", title)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, cell(r.what), cell(r.want), cmp.Or(testsOf(r, covers, results), "Not covered. "+cmp.Or(uncovered[r.id], notYet)))
	}
	return b.String()
}

// testsOf writes the last cell of a row: its tests in order of their files.
func testsOf(r attack, covers []cover, results map[string]string) string {
	var cells []string
	for _, c := range covers {
		if c.id != r.id {
			continue
		}
		text := fmt.Sprintf("`%s` (%s), %s", c.test, c.file, cmp.Or(results[c.pkg+"."+c.test], "not recorded yet"))
		if c.saw != "" {
			text += ": " + cell(c.saw)
		}
		cells = append(cells, text)
	}
	slices.Sort(cells)
	return strings.Join(cells, "<br>")
}

// cell writes a text so that it is one cell.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(s) }

// attackChapters are the headings before their first rows.
var attackChapters = map[string]string{
	"N1": "Network exposure", "A1": "Authentication", "C1": "Other sites, and DNS rebinding", "J1": "Names and text from outside",
	"R1": "Exhaustion", "W1": "WebSocket", "K1": "What the kernel says", "X1": "Actions", "M1": "Many machines", "S1": "Supply chain",
}

const attackIntro = `# Attacks, and the tests that try them

Each row is an attack that somebody has made on a program like this one. The tests are part of the ordinary run
(` + "`./test`" + `) and make the attack: on the handler, on a real socket, or in a real browser. A row that has no
test says so, and why.

This page is made from the comments of the tests by ` + "`go test -run TestAttackPage . -update`" + `, and a test holds it fresh. "Skipped"
is a test that the machine of that run had no means for; the test says which.
`
