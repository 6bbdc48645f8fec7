package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// legalFile is a file whose text has to go with a program.
var legalFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// thirdParty returns the licences of everything in a program that others wrote: Go, each module, and what is vendored.
// moduleDir says where a module lies, by its path.
func thirdParty(program []byte, goroot, source string, moduleDir map[string]string) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, fmt.Errorf("what the program is made of: %w", err)
	}
	var out bytes.Buffer
	out.WriteString("What others wrote that is in this program, and the licences under which it is.\n")
	if err := quote(&out, "Go "+info.GoVersion, goroot); err != nil {
		return nil, err
	}
	for _, m := range info.Deps {
		dir := moduleDir[m.Path]
		if dir == "" {
			return nil, fmt.Errorf("licence of %s: it is not known where the module lies", m.Path)
		}
		if err := quote(&out, m.Path+" "+m.Version, dir); err != nil {
			return nil, err
		}
	}
	if err := quote(&out, "uPlot", filepath.Join(source, "static", "vendor")); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(source, "static", "vendor", "idiomorph.LICENSE"))
	if err != nil {
		return nil, fmt.Errorf("licence of idiomorph: %w", err)
	}
	heading(&out, "idiomorph")
	out.Write(text)
	return out.Bytes(), nil
}

// errNoLicence is for a module that has none.
var errNoLicence = errors.New("there is no licence")

// quote adds the licences in a folder, in the order of their names.
func quote(out *bytes.Buffer, name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("licence of %s: %w", name, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || !legalFile.MatchString(e.Name()) })
	if len(entries) == 0 {
		return fmt.Errorf("licence of %s: %w", name, errNoLicence)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return fmt.Errorf("licence of %s: %w", name, err)
		}
		heading(out, name+": "+e.Name())
		out.Write(text)
	}
	return nil
}

// heading adds a heading.
func heading(out *bytes.Buffer, text string) {
	fmt.Fprintf(out, "\n%s\n%s\n%s\n\n", strings.Repeat("=", 72), text, strings.Repeat("=", 72))
}
