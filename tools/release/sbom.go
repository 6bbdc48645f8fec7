package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// The parts of an SPDX 2.3 document that are used here (spdx.github.io/spdx-spec/v2.3).
type (
	document struct {
		SPDXVersion       string         `json:"spdxVersion"`
		DataLicense       string         `json:"dataLicense"`
		SPDXID            string         `json:"SPDXID"`
		Name              string         `json:"name"`
		DocumentNamespace string         `json:"documentNamespace"`
		CreationInfo      creation       `json:"creationInfo"`
		Packages          []spdxPackage  `json:"packages"`
		Relationships     []relationship `json:"relationships"`
	}
	creation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		SPDXID           string        `json:"SPDXID"`
		Name             string        `json:"name"`
		VersionInfo      string        `json:"versionInfo"`
		DownloadLocation string        `json:"downloadLocation"`
		FilesAnalyzed    bool          `json:"filesAnalyzed"`
		LicenseConcluded string        `json:"licenseConcluded"`
		LicenseDeclared  string        `json:"licenseDeclared"`
		CopyrightText    string        `json:"copyrightText"`
		Checksums        []checksum    `json:"checksums,omitempty"`
		ExternalRefs     []externalRef `json:"externalRefs,omitempty"`
		Comment          string        `json:"comment,omitempty"`
	}
	checksum struct {
		Algorithm     string `json:"algorithm"`
		ChecksumValue string `json:"checksumValue"`
	}
	externalRef struct {
		ReferenceCategory string `json:"referenceCategory"`
		ReferenceType     string `json:"referenceType"`
		ReferenceLocator  string `json:"referenceLocator"`
	}
	relationship struct {
		SPDXElementID      string `json:"spdxElementId"`
		RelationshipType   string `json:"relationshipType"`
		RelatedSPDXElement string `json:"relatedSpdxElement"`
	}
)

// noAssertion is said where nothing is claimed; the licences themselves are in the archive.
const noAssertion = "NOASSERTION"

// billOfMaterials returns the SPDX document of a program, made of what it says of itself: every module in it with its
// version and the hash by which go.sum knows it, and the version of Go.
//
// embedded are the packages of other kinds that are in it.
func billOfMaterials(t target, program []byte, embedded []spdxPackage, at time.Time) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, fmt.Errorf("what the program is made of: %w", err)
	}
	sum := sha256.Sum256(program)
	name := t.folder(info.Main.Version)
	d := document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", Name: name,
		DocumentNamespace: "https://spdx.org/spdxdocs/" + name + "-" + hex.EncodeToString(sum[:16]),
		CreationInfo:      creation{at.UTC().Format(time.RFC3339), []string{"Tool: sockeye-release"}},
	}
	main := entry("SPDXRef-sockeye", "sockeye", info.Main.Version, "")
	main.LicenseDeclared, main.Checksums = "Apache-2.0", []checksum{{"SHA256", hex.EncodeToString(sum[:])}}
	d.add("SPDXRef-DOCUMENT", "DESCRIBES", main)
	for i, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		d.add(main.SPDXID, "DEPENDS_ON", module(i, m))
	}
	std := entry("SPDXRef-go", "Go standard library", strings.TrimPrefix(info.GoVersion, "go"), "pkg:golang/stdlib@"+strings.TrimPrefix(info.GoVersion, "go"))
	std.LicenseDeclared = "BSD-3-Clause"
	d.add(main.SPDXID, "DEPENDS_ON", std)
	for _, script := range embedded {
		d.add(main.SPDXID, "CONTAINS", script)
	}
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// vendoredLine is how static/vendor/README.md names a package and its version.
var vendoredLine = regexp.MustCompile("npm `([a-z0-9-]+)` ([0-9][0-9A-Za-z.-]*)")

// vendored returns the packages of scripts and styles that are embedded, as static/vendor/README.md lists them.
func vendored(readme []byte) (all []spdxPackage) {
	seen := map[string]bool{}
	for _, m := range vendoredLine.FindAllSubmatch(readme, -1) {
		name, version := string(m[1]), string(m[2])
		if !seen[name] {
			seen[name] = true
			all = append(all, entry("SPDXRef-npm-"+name, name, version, "pkg:npm/"+name+"@"+version))
		}
	}
	return all
}

// add adds a package and how another one has to do with it.
func (d *document) add(from, how string, p spdxPackage) {
	d.Packages = append(d.Packages, p)
	d.Relationships = append(d.Relationships, relationship{from, how, p.SPDXID})
}

// module returns the package of a Go module.
func module(i int, m *debug.Module) spdxPackage {
	p := entry(fmt.Sprintf("SPDXRef-module-%d", i+1), m.Path, m.Version, "pkg:golang/"+strings.ReplaceAll(url.PathEscape(strings.ToLower(m.Path)), "%2F", "/")+"@"+m.Version)
	p.Comment = "go.sum: " + m.Sum
	return p
}

// entry returns a package of which nothing is claimed but its name and version.
func entry(id, name, version, purl string) spdxPackage {
	p := spdxPackage{SPDXID: id, Name: name, VersionInfo: version, DownloadLocation: noAssertion,
		LicenseConcluded: noAssertion, LicenseDeclared: noAssertion, CopyrightText: noAssertion}
	if purl != "" {
		p.ExternalRefs = []externalRef{{"PACKAGE-MANAGER", "purl", purl}}
	}
	return p
}
