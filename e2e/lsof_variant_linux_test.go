package e2e

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gopsutilModule is the module whose reading of lsof is compiled for macOS and FreeBSD only.
const gopsutilModule = "github.com/shirou/gopsutil/v3"

// lsofPatience is how long the variant waits for lsof, in place of what it is in a release, so that a test of an lsof
// that hangs is short.
const lsofPatience = "4 * time.Second"

// lsofVariant returns the path of a sockeye for Linux that reads sockets as it does on macOS and FreeBSD: gopsutil asks
// lsof and reads its text, what comes of it is doubted and merged as there, and gopsutil is asked for the processes. It is
// built once for a run, without a network, from gopsutil's own files: a copy of the module has the file for BSDs in place
// of what that clashes with. Nothing of it outlives the run.
func lsofVariant(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(filepath.Dir(sockeyeBinary), "sockeye-lsof")
	if _, err := os.Stat(exe); err == nil {
		return exe
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the command go, which builds the variant, is not installed")
	}
	dir := t.TempDir()
	goTool(t, "build", "-buildvcs=false", "-modfile="+variantModules(t, dir), "-overlay="+variantOverlay(t, dir), "-o", exe, "..")
	return exe
}

// goTool runs the command go offline and returns what it prints.
func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// variantModules writes a go.mod, and a go.sum beside it, that puts the changed copy of gopsutil in the place of the
// module, and returns its path.
func variantModules(t *testing.T, dir string) string {
	t.Helper()
	module := filepath.Join(dir, "gopsutil")
	if err := os.CopyFS(module, os.DirFS(goTool(t, "list", "-m", "-f", "{{.Dir}}", gopsutilModule))); err != nil {
		t.Fatal(err)
	}
	askLsof(t, filepath.Join(module, "net"))
	mod := filepath.Join(dir, "go.mod")
	for from, to := range map[string]string{"../go.mod": mod, "../go.sum": filepath.Join(dir, "go.sum")} {
		write(t, to, read(t, from))
	}
	goTool(t, "mod", "edit", "-replace="+gopsutilModule+"="+module, mod)
	return mod
}

// constraint is a line that says for which systems a file is.
var constraint = regexp.MustCompile(`(?m)^//(go:build| \+build) .*\n`)

// askLsof makes gopsutil's package net list sockets on Linux as it does on the BSDs: the file of those is for every
// system, and the functions of which Linux has its own are cut out there.
func askLsof(t *testing.T, dir string) {
	t.Helper()
	bsd, linux := filepath.Join(dir, "net_unix.go"), filepath.Join(dir, "net_linux.go")
	text := read(t, bsd)
	if !strings.Contains(text, "CallLsofWithContext") || !constraint.MatchString(text) {
		t.Fatal("gopsutil's file for BSDs is not what it was: it asks no lsof, or is for all systems")
	}
	text = constraint.ReplaceAllString(text, "")
	write(t, bsd, text)
	theirs := map[string]bool{}
	for _, f := range functions(t, text) {
		theirs[f.Name.Name] = true
	}
	own := read(t, linux)
	for _, f := range slices.Backward(functions(t, own)) { // from the end, so that places stay true
		if theirs[f.Name.Name] {
			own = own[:f.Pos()-1] + own[f.End()-1:]
		}
	}
	write(t, linux, own)
}

// functions returns the functions of a file without its methods, in their order. Their places count from 1.
func functions(t *testing.T, text string) (all []*ast.FuncDecl) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
			all = append(all, f)
		}
	}
	return all
}

// edits are what makes the poller of Linux take itself for one of a Mac: what is in the file from, with a change or two, is
// the file to.
var edits = []struct {
	from, to string
	change   []string // old, new, old, new ...
}{
	{"gopsutil.go", "gopsutil.go", []string{"doubtLsof(runtime.GOOS,", `doubtLsof("darwin",`}},
	{"lsof.go", "lsof.go", []string{"const lsofPatience = 20 * time.Second", "const lsofPatience = " + lsofPatience}},
	{"interval_lsof.go", "interval_other.go", []string{"//go:build darwin || freebsd", "//go:build linux"}},
	{"process_other.go", "process_other.go", []string{"//go:build !linux && !windows", "//go:build linux", "func newOwners(", "func lsofOwners("}},
	{"procfs_linux.go", "procfs_linux.go", []string{"return &pidOwners{newProcesses(p.process)}", "return lsofOwners(kind)"}},
}

// variantOverlay writes the overlay with these edits and returns its path.
func variantOverlay(t *testing.T, dir string) string {
	t.Helper()
	replace := map[string]string{}
	for _, edit := range edits {
		text := read(t, filepath.Join("../poller", edit.from))
		for pair := range slices.Chunk(edit.change, 2) {
			if strings.Count(text, pair[0]) != 1 {
				t.Fatalf("poller/%s does not have %q once", edit.from, pair[0])
			}
			text = strings.Replace(text, pair[0], pair[1], 1)
		}
		changed := filepath.Join(dir, edit.from)
		write(t, changed, text)
		path, err := filepath.Abs(filepath.Join("../poller", edit.to))
		if err != nil {
			t.Fatal(err)
		}
		replace[path] = changed
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	write(t, file, string(overlay))
	return file
}

// read returns the text of a file.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write puts a text into a file.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
