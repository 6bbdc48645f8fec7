package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is which of our packages each of our packages may import, outside of tests. Imports point down only. A
// new package needs a row here.
var mayImport = map[string][]string{
	"sockeye":                     {"sockeye/poller", "sockeye/server", "sockeye/views", "sockeye/web", "sockeye/static", "sockeye/query", "sockeye/ports", "sockeye/diagnose", "sockeye/actions", "sockeye/access", "sockeye/owner", "sockeye/qrcode"},
	"sockeye/access":              {},
	"sockeye/qrcode":              {},
	"sockeye/owner":               {"sockeye/poller/sockdiag", "sockeye/poller/iphlp"},
	"sockeye/server":              {"sockeye/access"}, // a site is handed to it
	"sockeye/names":               {},
	"sockeye/web":                 {"sockeye/access", "sockeye/qrcode", "sockeye/capability", "sockeye/names", "sockeye/views", "sockeye/query", "sockeye/poller", "sockeye/poller/sockdiag", "sockeye/ports", "sockeye/static", "sockeye/explain", "sockeye/past", "sockeye/processes", "sockeye/occupancy", "sockeye/diagnose", "sockeye/netinfo", "sockeye/actions", "sockeye/workload"},
	"sockeye/views":               {"sockeye/access", "sockeye/capability", "sockeye/query", "sockeye/poller", "sockeye/poller/sockdiag", "sockeye/ports", "sockeye/static", "sockeye/explain", "sockeye/past", "sockeye/processes", "sockeye/occupancy", "sockeye/diagnose", "sockeye/netinfo", "sockeye/actions", "sockeye/workload"}, // the addresses of its files
	"sockeye/explain":             {"sockeye/poller", "sockeye/poller/sockdiag"},
	"sockeye/past":                {"sockeye/poller"},
	"sockeye/processes":           {"sockeye/winservices"},
	"sockeye/actions":             {"sockeye/poller/iphlp", "sockeye/poller", "sockeye/poller/sockdiag"},
	"sockeye/workload":            {"sockeye/poller"},
	"sockeye/static":              {},
	"sockeye/query":               {"sockeye/poller", "sockeye/ports"},
	"sockeye/poller":              {"sockeye/poller/sockdiag", "sockeye/poller/iphlp", "sockeye/winservices"},
	"sockeye/poller/iphlp":        {},
	"sockeye/winservices":         {},
	"sockeye/capability":          {"sockeye/poller"},
	"sockeye/poller/sockdiag":     {},
	"sockeye/ports":               {},
	"sockeye/netinfo":             {},
	"sockeye/diagnose":            {"sockeye/netinfo", "sockeye/poller"},
	"sockeye/occupancy":           {"sockeye/poller", "sockeye/ports"},
	"sockeye/e2e":                 {},
	"sockeye/e2e/winactor":        {},
	"sockeye/bench":               {"sockeye/poller", "sockeye/poller/sockdiag", "sockeye/bench/internal/load"},
	"sockeye/bench/sockets":       {"sockeye/bench/internal/load"},
	"sockeye/bench/internal/load": {},
}

// webSocketFile is the only file that knows the WebSocket library.
var webSocketFile = filepath.Join("web", "socket.go")

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
}

// packages lists our packages as they are built for an operating system.
func packages(t *testing.T, goos string) (list []pkg) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "list", "-buildvcs=false", "-json=ImportPath,Imports", "./...")
	c.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// wrongImports returns what a list of packages imports against the table, and the packages without a row.
func wrongImports(list []pkg) (wrong []string) {
	for _, p := range list {
		allowed, known := mayImport[p.ImportPath]
		if !known {
			wrong = append(wrong, p.ImportPath+" has no row in the table")
		}
		for _, i := range p.Imports {
			if ours := i == "sockeye" || strings.HasPrefix(i, "sockeye/"); ours && !slices.Contains(allowed, i) {
				wrong = append(wrong, p.ImportPath+" imports "+i)
			}
		}
	}
	return wrong
}

// TestImportsPointDown on every system that is built for.
func TestImportsPointDown(t *testing.T) {
	for _, goos := range []string{"linux", "windows", "darwin"} {
		list := packages(t, goos)
		if len(list) != len(mayImport) {
			t.Errorf("%s: %d packages, %d rows in the table", goos, len(list), len(mayImport))
		}
		for _, w := range wrongImports(list) {
			t.Errorf("%s: %s", goos, w)
		}
	}
}

// TestWrongImportsAreFound keeps the test above honest.
func TestWrongImportsAreFound(t *testing.T) {
	got := wrongImports([]pkg{
		{"sockeye/query", []string{"fmt", "sockeye/poller"}},
		{"sockeye/poller", []string{"sockeye/web", "sockeyes/x"}},
		{"sockeye/new", []string{"sockeye"}},
	})
	want := []string{"sockeye/poller imports sockeye/web", "sockeye/new has no row in the table", "sockeye/new imports sockeye"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestTableHasNoLoop: whatever the table allows, no package can come to import itself.
func TestTableHasNoLoop(t *testing.T) {
	var visit func(path []string)
	visit = func(path []string) {
		for _, next := range mayImport[path[len(path)-1]] {
			if slices.Contains(path, next) {
				t.Fatalf("loop %v to %s", path, next)
			}
			visit(append(slices.Clip(path), next))
		}
	}
	for name := range mayImport {
		visit([]string{name})
	}
}

// TestOneFileKnowsWebSockets: a change of the library is a change of one file.
func TestOneFileKnowsWebSockets(t *testing.T) {
	var found []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			if name, err := strconv.Unquote(i.Path.Value); err != nil || strings.HasPrefix(name, "nhooyr.io/websocket") {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(found, []string{webSocketFile}) {
		t.Errorf("the library is imported by %v, %v", found, err)
	}
}
