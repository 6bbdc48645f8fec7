package static

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// entries are the modules that pages start with, by the names under which they and all they import are served as one, so
// that a first visit needs one request for them: the dashboard's, and that of all other pages.
var entries = map[string]string{"js/app.js": "js/main.js", "js/others.js": "js/pages.js"}

var (
	importLine = regexp.MustCompile(`(?m)^import (?:\{[^}\n]*\} from )?"\./([a-z]+\.js)";\n`)
	exportWord = regexp.MustCompile(`(?m)^export (const|function|class) `)
)

// link returns a module with everything it imports before it, as one module without imports, exports and comments. It keeps to
// the form in which the modules here are written: imports by name, one to a line; exports where they are declared;
// and no name twice at the top of any two modules.
func link(fsys fs.FS, name string) ([]byte, error) {
	var parts []string
	var seen []string
	var add func(name string) error
	add = func(name string) error {
		if slices.Contains(seen, name) {
			return nil
		}
		seen = append(seen, name)
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("static: link modules: %w", err)
		}
		for _, m := range importLine.FindAllSubmatch(text, -1) {
			if err := add(path.Join(path.Dir(name), string(m[1]))); err != nil {
				return err
			}
		}
		parts = append(parts, string(body(text)))
		return nil
	}
	if err := add(name); err != nil {
		return nil, err
	}
	return []byte(strings.Join(parts, "")), nil
}

// body returns what a module puts into the joined one: its code, without imports, exports and comments.
func body(text []byte) []byte {
	return strip(exportWord.ReplaceAll(importLine.ReplaceAll(text, nil), []byte("$1 ")))
}
