package static

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestLink(t *testing.T) {
	fsys := fstest.MapFS{
		"js/main.js": {Data: []byte("// Main.\n\nimport { a, B } from \"./a.js\";\nimport \"./c.js\";\n\na(new B());\n")},
		"js/a.js":    {Data: []byte("import { c } from \"./c.js\";\nexport function a() {}\nexport class B {}\n")},
		"js/c.js":    {Data: []byte("export const c = 1;\nconst exported = \"export const\";\n")},
	}
	got, err := link(fsys, "js/main.js")
	if err != nil {
		t.Fatal(err)
	}
	want := "const c = 1;\nconst exported = \"export const\";\nfunction a() {}\nclass B {}\na(new B());\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	delete(fsys, "js/c.js")
	if _, err := link(fsys, "js/main.js"); err == nil || !strings.Contains(err.Error(), "js/c.js") {
		t.Errorf("without a module: %v", err)
	}
}

// TestLinkedModules: the modules keep to the form that link understands, and each is in a result, once.
func TestLinkedModules(t *testing.T) {
	var all string
	for name := range entries {
		linked := string(load().assets[name].plain)
		if left := regexp.MustCompile(`(?m)^\s*(import|export)\b.*`).FindString(linked); left != "" {
			t.Errorf("not understood: %s", left)
		}
		all += linked
	}
	top := regexp.MustCompile(`(?m)^(?:export )?(?:async )?(?:const|let|var|function|class) ([A-Za-z_$][\w$]*)`)
	taken := make(map[string]string)
	for name, text := range own(t) {
		if path.Ext(name) != ".js" || slices.Contains(lazy, name) {
			continue
		}
		for _, m := range top.FindAllStringSubmatch(text, -1) {
			if other := taken[m[1]]; other != "" {
				t.Errorf("%s and %s have %s at the top", name, other, m[1])
			}
			taken[m[1]] = name
		}
		for entry := range entries {
			if n := strings.Count(string(load().assets[entry].plain), string(body([]byte(text)))); n > 1 {
				t.Errorf("%s is in %s %d times", name, entry, n)
			}
		}
		if !strings.Contains(all, string(body([]byte(text)))) {
			t.Errorf("%s is in no page", name)
		}
	}
}

// lazy are the modules that are loaded at their first use, and no part of what the dashboard starts with.
var lazy = []string{"js/inspector.js", "js/inspectorpage.js", "js/port.js", "js/palette.js", "js/saved.js", "js/picture.js", "js/chooser.js", "js/numbers.js",
	"js/share.js", "js/sharing.js", "js/complete.js", "js/enter.js"}

// TestLazyModules: they are small, they are not in the first load, and what they import exports it.
func TestLazyModules(t *testing.T) {
	size := len(load().assets["js/idiomorph.js"].gzip)
	for _, name := range lazy {
		a, served := load().assets[name]
		if !served {
			t.Errorf("%s is not served", name)
		}
		size += len(a.gzip)
		first, _, _ := strings.Cut(string(a.plain), "\n")
		if strings.Contains(string(load().assets["js/app.js"].plain), first) {
			t.Errorf("%s is part of the first load", name)
		}
	}
	if size > 19<<10 {
		t.Errorf("what is loaded later comes to %d bytes, compressed", size)
	}
	morph := load().assets["js/idiomorph.js"].plain
	if !strings.HasPrefix(string(morph), "var Idiomorph=") || !strings.HasSuffix(string(morph), "\nexport { Idiomorph };\n") {
		t.Error("js/idiomorph.js does not export what it makes")
	}
	if _, served := load().assets["vendor/idiomorph.min.js"]; served {
		t.Error("the vendored file is served twice")
	}
}
