package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"debug/pe"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tc-hib/winres"
)

// Names are those that people download.
func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		target          target
		program, folder string
		archive         string
	}{
		{target{"linux", "arm64"}, "sockeye", "sockeye-1.2.3-linux-arm64", "sockeye-1.2.3-linux-arm64.tar.gz"},
		{target{"windows", "amd64"}, "sockeye.exe", "sockeye-1.2.3-windows-amd64", "sockeye-1.2.3-windows-amd64.zip"},
	} {
		if p, f, a := tt.target.program(), tt.target.folder("v1.2.3"), tt.target.archive("v1.2.3"); p != tt.program || f != tt.folder || a != tt.archive {
			t.Errorf("%v: %s, %s, %s", tt.target, p, f, a)
		}
	}
	for _, want := range []string{"linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64", "darwin-amd64", "darwin-arm64", "freebsd-amd64"} {
		if !slices.ContainsFunc(targets, func(t target) bool { return t.String() == want }) {
			t.Errorf("%s is not built", want)
		}
	}
}

// Archives have the files with their rights and one time, and equal files give equal bytes.
func TestPack(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 6, 0, time.FixedZone("", 3600))
	files := []file{{"sockeye", bytes.Repeat([]byte("program"), 999), true}, {"LICENSE", []byte("text"), false}}
	for _, to := range []target{{"linux", "amd64"}, {"windows", "amd64"}} {
		first, err := to.pack("folder", files, at)
		if err != nil {
			t.Fatal(err)
		}
		second, err := to.pack("folder", files, at.UTC())
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%v: the second archive differs, %v", to, err)
		}
		for i, got := range unpack(t, to, first) {
			if got.name != "folder/"+files[i].name || !bytes.Equal(got.text, files[i].text) || got.executable != (files[i].executable && to.os != "windows") {
				t.Errorf("%v: %s, %v", to, got.name, got.executable)
			}
		}
	}
}

// unpack reads an archive.
func unpack(t *testing.T, to target, text []byte) (files []file) {
	t.Helper()
	if to.os == "windows" {
		archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.File {
			part, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(part)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file{f.Name, b, false})
		}
		return files
	}
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(plain); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{h.Name, b, h.Mode&0o100 != 0})
		if h.Uid != 0 || h.Uname != "" || h.ModTime.IsZero() {
			t.Errorf("%s is of user %d %q, %v", h.Name, h.Uid, h.Uname, h.ModTime)
		}
	}
}

// The icon is that of the page: a dark square with clear corners, a blue dot in the middle and a blue ring.
func TestIcon(t *testing.T) {
	for _, size := range iconSizes {
		m := drawIcon(size)
		at := func(x, y float64) color.NRGBA {
			return m.(*image.NRGBA).NRGBAAt(int(x*float64(size)/iconUnits), int(y*float64(size)/iconUnits))
		}
		if m.Bounds().Dx() != size || at(12, 12) != iconInk || at(2, 12) != iconGround || at(0, 0).A > 128 {
			t.Errorf("%d: middle %v, side %v, corner %v", size, at(12, 12), at(2, 12), at(0, 0))
		}
		if size >= 48 && (at(12, 4.7) != iconInk || at(19.5, 12) != iconInk || at(16.2, 12) != iconGround) {
			t.Errorf("%d: the ring is not where it is", size)
		}
	}
}

// Versions have four numbers for Windows.
func TestFileVersion(t *testing.T) {
	for text, want := range map[string][4]uint16{
		"v1.2.3": {1, 2, 3, 0}, "v0.0.0-20260102030405-0123456789ab": {}, "v10.20.30-rc.1": {10, 20, 30, 0}, "(devel)": {}, "v99999.1.1": {0, 1, 1, 0},
	} {
		if got := fileVersion(text); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

// What is vendored is read from where it is listed.
func TestVendored(t *testing.T) {
	readme, err := os.ReadFile("../../static/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range vendored(readme) {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"uplot", "idiomorph"}) {
		t.Errorf("%q", names)
	}
}

// Checksums are those that sha256sum reads, and a release that differs anywhere is noticed.
func TestChecksums(t *testing.T) {
	a := map[string][]byte{"b": []byte("2"), "a": []byte("1")}
	want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2")))
	if got := string(checksums(a)); got != want {
		t.Errorf("%q", got)
	}
	if err := same(a, map[string][]byte{"a": []byte("1"), "b": []byte("2")}); err != nil {
		t.Error(err)
	}
	for _, b := range []map[string][]byte{{"a": []byte("1")}, {"a": []byte("1"), "b": []byte("3")}, {"a": []byte("1"), "c": []byte("2")}} {
		if same(a, b) == nil {
			t.Errorf("%v is taken for the same", b)
		}
	}
}

// What others wrote is named with its licence; where there is none, nothing is published.
func TestQuote(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := quote(&out, "x", dir); !errors.Is(err, errNoLicence) {
		t.Errorf("without a licence: %v", err)
	}
	for _, name := range []string{"LICENSE.md", "NOTICE", "README.md", "license_test.go"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := quote(&out, "x", dir); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "text of LICENSE.md") || !strings.Contains(text, "text of NOTICE") || strings.Contains(text, "README") || strings.Contains(text, "_test") {
		t.Errorf("%s", text)
	}
}

// TestRelease builds the commit that is checked out twice, in different folders, and compares: for Linux, whose program
// is run, and for Windows, whose icon and version are read. All others are built in the same way.
func TestRelease(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	if testing.Short() {
		t.Skip("builds the program four times")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("this is no clone: there is no commit to build")
	}
	chosen := []target{{"linux", "amd64"}, {"windows", "amd64"}}
	first, err := release(t.Context(), root, chosen)
	if err != nil {
		t.Fatal(err)
	}
	second, err := release(t.Context(), root, chosen)
	if err != nil {
		t.Fatal(err)
	}
	if err := same(first, second); err != nil {
		t.Error(err)
	}
	for name, text := range first {
		switch {
		case strings.HasSuffix(name, ".tar.gz"):
			checkLinux(t, unpack(t, chosen[0], text))
		case strings.HasSuffix(name, ".zip"):
			checkWindows(t, unpack(t, chosen[1], text))
		case strings.HasSuffix(name, ".json"):
			checkBill(t, text)
		}
	}
	if len(first) != 5 {
		t.Errorf("%d files", len(first))
	}
}

// checkLinux looks at an archive for Linux.
func checkLinux(t *testing.T, files []file) {
	t.Helper()
	program, err := elf.NewFile(bytes.NewReader(files[0].text))
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program is not static")
	}
	exe := filepath.Join(t.TempDir(), "sockeye")
	if err := os.WriteFile(exe, files[0].text, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(exe, "--version").CombinedOutput(); err != nil || !strings.Contains(string(out), "(commit ") || !strings.Contains(string(out), ", go1.") || strings.Contains(string(out), "changes") {
		t.Errorf("--version says %q, %v", out, err)
	}
	for _, name := range []string{"LICENSE", "README.md", "THIRD-PARTY.txt", "sbom.spdx.json"} {
		if !slices.ContainsFunc(files, func(f file) bool { return strings.HasSuffix(f.name, "/"+name) && len(f.text) > 0 }) {
			t.Errorf("there is no %s", name)
		}
	}
}

// checkWindows looks at an archive for Windows.
func checkWindows(t *testing.T, files []file) {
	t.Helper()
	if _, err := pe.NewFile(bytes.NewReader(files[0].text)); err != nil {
		t.Fatal(err)
	}
	set, err := winres.LoadFromEXE(bytes.NewReader(files[0].text))
	if err != nil {
		t.Fatal(err)
	}
	icon, err := set.GetIcon(winres.ID(1))
	if err != nil {
		t.Fatalf("icon: %v", err)
	}
	var ico bytes.Buffer
	if err := icon.SaveICO(&ico); err != nil || int(ico.Bytes()[4]) != len(iconSizes) {
		t.Errorf("%d pictures, %v", ico.Bytes()[4], err)
	}
	if info := set.Get(winres.RT_VERSION, winres.ID(1), 0x409); !bytes.Contains(info, []byte("s\x00o\x00c\x00k\x00e\x00y\x00e\x00")) || !bytes.Contains(info, []byte("c\x00o\x00m\x00m\x00i\x00t\x00")) {
		t.Errorf("version information: %d bytes", len(info))
	}
	if len(set.Get(winres.RT_MANIFEST, winres.ID(1), 0x409)) == 0 {
		t.Error("there is no manifest")
	}
}

// checkBill looks at a bill of materials.
func checkBill(t *testing.T, text []byte) {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, p := range d.Packages {
		if names[p.SPDXID] || p.VersionInfo == "" {
			t.Errorf("%+v", p)
		}
		names[p.SPDXID], names[p.Name] = true, true
	}
	for _, want := range []string{"sockeye", "github.com/labstack/echo/v4", "nhooyr.io/websocket", "Go standard library", "uplot", "idiomorph"} {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
	for _, r := range d.Relationships {
		if !names[r.RelatedSPDXElement] {
			t.Errorf("%+v", r)
		}
	}
}
