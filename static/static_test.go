package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestVendorHashes(t *testing.T) {
	readme, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .*`([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(readme), -1)
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(entries)-1 {
		t.Errorf("%d files are described, %d are there", len(rows), len(entries)-1)
	}
	for _, row := range rows {
		text, err := os.ReadFile(path.Join("vendor", row[1]))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("%s is not the file that was vendored", row[1])
		}
	}
}

// TestBudgets: what a first visit loads, compressed.
func TestBudgets(t *testing.T) {
	sizes := make(map[string]int)
	for _, name := range []string{"js/app.js", "js/share.js", "vendor/uPlot.iife.min.js", "css/app.css"} {
		sizes[path.Ext(name)] += len(load().assets[name].gzip)
	}
	t.Logf("compressed: JS %d bytes, CSS %d bytes", sizes[".js"], sizes[".css"])
	for kind, most := range map[string]int{".js": 50 << 10, ".css": 12 << 10} {
		if sizes[kind] == 0 || sizes[kind] > most {
			t.Errorf("%s files come to %d bytes, at most %d are allowed", kind, sizes[kind], most)
		}
	}
}

func TestGzipIsWhole(t *testing.T) {
	for name, a := range load().assets {
		r, err := gzip.NewReader(bytes.NewReader(a.gzip))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(text, a.plain) {
			t.Errorf("%s: the compressed form is another text (%v)", name, err)
		}
	}
}

// TestAllSheetsAreServed: every style sheet is part of one of those that pages load, and foreign ones are in a layer.
func TestAllSheetsAreServed(t *testing.T) {
	for _, dir := range []string{"css", "vendor"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			text, err := os.ReadFile(name)
			if err != nil || path.Ext(name) != ".css" {
				continue
			}
			if dir == "css" {
				text = strip(text)
			}
			served := 0
			for sheet := range sheets {
				served += bytes.Count(load().assets[sheet].plain, text)
			}
			if served != 1 {
				t.Errorf("%s is served %d times", name, served)
			}
		}
	}
	if !bytes.HasPrefix(load().assets["css/app.css"].plain, []byte("@layer vendor {")) {
		t.Error("the foreign sheet is outside of a layer")
	}
}

// own are the files that are written here.
func own(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, dir := range []string{"css", "js"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(path.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[path.Join(dir, e.Name())] = string(text)
		}
	}
	return all
}

// TestScriptsAreSafe: no way from text to markup or to code, and nothing from elsewhere.
func TestScriptsAreSafe(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|setHTML|https?://[a-z]|@import|javascript:`)
	for name, text := range own(t) {
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

// TestImportsResolve: every module that a module imports is served beside it.
func TestImportsResolve(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^(?:import|export) (?:[^"]* from )?"([^"]+)";$`)
	found := 0
	for name, text := range own(t) {
		for _, m := range imports.FindAllStringSubmatch(text, -1) {
			found++
			if _, ok := load().assets[path.Join(path.Dir(name), m[1])]; !ok || !strings.HasPrefix(m[1], "./") {
				t.Errorf("%s imports %q", name, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no imports were found")
	}
}

// TestModulesAreSmall: one concept to a file.
func TestModulesAreSmall(t *testing.T) {
	for name, text := range own(t) {
		if lines := strings.Count(text, "\n"); lines >= 300 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}

// sheetsOnly is the least that a bundle can be made of.
func sheetsOnly() fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, entry := range entries {
		fsys[entry] = &fstest.MapFile{}
	}
	for _, parts := range sheets {
		for _, name := range parts {
			fsys[name] = &fstest.MapFile{Data: []byte("." + path.Base(name) + "{}")}
		}
	}
	return fsys
}

// TestBuildFollowsContent: another text, another name or another sheet is another build; the same files are the same.
func TestBuildFollowsContent(t *testing.T) {
	build := func(change func(fstest.MapFS)) string {
		fsys := sheetsOnly()
		fsys["js/a.js"] = &fstest.MapFile{Data: []byte("1")}
		change(fsys)
		b, err := newBundle(fsys)
		if err != nil {
			t.Fatal(err)
		}
		return b.build
	}
	plain := build(func(fstest.MapFS) {})
	if len(plain) != 16 || build(func(fstest.MapFS) {}) != plain {
		t.Errorf("build %q does not hold still", plain)
	}
	for name, change := range map[string]func(fstest.MapFS){
		"text":  func(f fstest.MapFS) { f["js/a.js"].Data = []byte("2") },
		"name":  func(f fstest.MapFS) { f["js/b.js"] = f["js/a.js"]; delete(f, "js/a.js") },
		"sheet": func(f fstest.MapFS) { f["css/base.css"].Data = []byte("b{}") },
		"more":  func(f fstest.MapFS) { f["js/b.js"] = &fstest.MapFile{} },
	} {
		if build(change) == plain {
			t.Errorf("another %s is the same build", name)
		}
	}
}

func TestBundleFailures(t *testing.T) {
	missing := sheetsOnly()
	delete(missing, "css/base.css")
	if _, err := newBundle(missing); err == nil || !strings.Contains(err.Error(), "css/base.css") {
		t.Errorf("without css/base.css: %v", err)
	}
	strange := sheetsOnly()
	strange["js/a.exe"] = &fstest.MapFile{}
	if _, err := newBundle(strange); err == nil || !strings.Contains(err.Error(), "js/a.exe") {
		t.Errorf("a file of no known kind: %v", err)
	}
}
