package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// Prefix is where the files are served; all addresses of [URL] begin with it.
const Prefix = "/static/"

//go:embed favicon.svg js/*.js css/*.css vendor/uPlot.iife.min.js vendor/uPlot.min.css vendor/idiomorph.min.js
var files embed.FS

// sheets are the style sheets in the order of their layers, by the name they are served under, as one: those that every
// page loads, and those that all pages but the dashboard load after them.
var sheets = map[string][]string{
	"css/app.css": {
		"vendor/uPlot.min.css", "css/tokens.css", "css/base.css", "css/bar.css", "css/overview.css", "css/table.css",
		"css/grid.css", "css/facets.css", "css/charts.css", "css/inspector.css", "css/actions.css", "css/groups.css", "css/phone.css", "css/print.css",
	},
	"css/pages.css": {"css/paper.css", "css/ports.css", "css/diagnosis.css", "css/processes.css"},
	"css/share.css": {"css/share.css"},
}

// types are the media types of the files, by extension. A file of another kind is not served.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// asset is one file as it is sent.
type asset struct {
	kind        string
	plain, gzip []byte
}

// bundle is everything that is served, made once.
type bundle struct {
	build  string
	assets map[string]asset
}

// load reads, joins, hashes and compresses the embedded files at the first use. It panics where the embedded files
// are not the ones named here, which a test would have found.
var load = sync.OnceValue(func() *bundle {
	b, err := newBundle(files)
	if err != nil {
		panic(err)
	}
	return b
})

// Build returns the hash of all files, 16 hexadecimal digits: it differs when any of them does.
func Build() string { return load().build }

// URL returns the address of a file by its name in this folder, for example "js/format.js"; "css/app.css" is
// the style of the dashboard, "css/pages.css" what other pages need beside it, "js/app.js" all modules of the dashboard,
// "js/others.js" those of all other pages. A name that does not exist gives an address that answers 404.
func URL(name string) string { return Prefix + Build() + "/" + name }

// newBundle makes the bundle of a file system that holds the sheets.
func newBundle(fsys fs.FS) (*bundle, error) {
	contents := make(map[string][]byte)
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".css") {
			return err
		}
		contents[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("static: read files: %w", err)
	}
	for name, parts := range sheets {
		if contents[name], err = join(fsys, parts); err != nil {
			return nil, err
		}
	}
	for name, entry := range entries {
		if contents[name], err = link(fsys, entry); err != nil {
			return nil, err
		}
	}
	if script, there := contents[morphScript]; there {
		contents[morphModule] = slices.Concat(script, []byte("\nexport { Idiomorph };\n"))
		delete(contents, morphScript)
	}
	return compress(contents)
}

// idiomorph comes as a script that leaves one name behind; it is served as a module that exports the name.
const (
	morphScript = "vendor/idiomorph.min.js"
	morphModule = "js/idiomorph.js"
)

// join returns the named files one after the other, ours without comments.
func join(fsys fs.FS, names []string) ([]byte, error) {
	var all bytes.Buffer
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("static: read style sheet: %w", err)
		}
		// Foreign rules outside any layer would win over all of ours.
		if strings.HasPrefix(name, "vendor/") {
			text = slices.Concat([]byte("@layer vendor {"), text, []byte("}\n"))
		} else {
			text = strip(text)
		}
		all.Write(text)
	}
	return all.Bytes(), nil
}

// compress hashes the contents and makes an asset of each.
func compress(contents map[string][]byte) (*bundle, error) {
	b := &bundle{assets: make(map[string]asset, len(contents)), build: hash(contents)}
	for name, text := range contents {
		kind, ok := types[path.Ext(name)]
		if !ok {
			return nil, fmt.Errorf("static: %s: no media type for this kind of file", name)
		}
		small, err := squeeze(text)
		if err != nil {
			return nil, fmt.Errorf("static: compress %s: %w", name, err)
		}
		b.assets[name] = asset{kind: kind, plain: text, gzip: small}
	}
	return b, nil
}

// hash returns the build of the contents: names and texts in the order of the names.
func hash(contents map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		fmt.Fprintf(sum, "%s %d\n", name, len(contents[name]))
		sum.Write(contents[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// squeeze returns a text in gzip form (RFC 1952) at the highest level.
func squeeze(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
