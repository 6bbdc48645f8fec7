package main

import (
	"bytes"
	"fmt"
	"image"
	"regexp"
	"strconv"

	"github.com/tc-hib/winres"
	"github.com/tc-hib/winres/version"
)

// resources returns an object file for the linker with what Windows shows of a program: its icon, its version, and the
// manifest that says that it needs no more rights than its user has and that paths may be long.
func resources(arch, release, commit string) ([]byte, error) {
	var set winres.ResourceSet
	var images []image.Image
	for _, size := range iconSizes {
		images = append(images, drawIcon(size))
	}
	icon, err := winres.NewIconFromImages(images)
	if err != nil {
		return nil, fmt.Errorf("icon: %w", err)
	}
	if err := set.SetIcon(winres.ID(1), icon); err != nil {
		return nil, fmt.Errorf("icon: %w", err)
	}
	set.SetManifest(winres.AppManifest{
		Description: description, ExecutionLevel: winres.AsInvoker, Compatibility: winres.Win10AndAbove, LongPathAware: true,
	})
	info, err := versionInfo(release, commit)
	if err != nil {
		return nil, err
	}
	set.SetVersionInfo(info)
	var out bytes.Buffer
	if err := set.WriteObject(&out, winres.Arch(arch)); err != nil {
		return nil, fmt.Errorf("resources: %w", err)
	}
	return out.Bytes(), nil
}

// description is what Windows calls the program in its lists.
const description = "sockeye: every network connection, live"

// versionInfo returns what the properties of the file show.
func versionInfo(release, commit string) (version.Info, error) {
	numbers := fileVersion(release)
	info := version.Info{FileVersion: numbers, ProductVersion: numbers}
	for key, text := range map[string]string{
		version.ProductName: "sockeye", version.FileDescription: description, version.OriginalFilename: "sockeye.exe",
		version.InternalName: "sockeye", version.FileVersion: release, version.ProductVersion: release,
		version.Comments: "commit " + commit, version.LegalCopyright: "Apache License 2.0",
	} {
		if err := info.Set(version.LangDefault, key, text); err != nil {
			return info, fmt.Errorf("version: %w", err)
		}
	}
	return info, nil
}

// release123 is the start of a version (semver.org).
var release123 = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)`)

// fileVersion returns the numbers of a version, of which Windows has four; zeros where it is none.
func fileVersion(release string) (v [4]uint16) {
	for i, part := range release123.FindStringSubmatch(release) {
		if n, err := strconv.ParseUint(part, 10, 16); err == nil && i > 0 {
			v[i-1] = uint16(n)
		}
	}
	return v
}
