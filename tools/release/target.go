package main

import "strings"

// target is a system that is built for.
type target struct{ os, arch string }

// targets are all of them, in the order of the checksums.
var targets = []target{
	{"darwin", "amd64"}, {"darwin", "arm64"}, {"freebsd", "amd64"}, {"linux", "amd64"}, {"linux", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// String returns the target as "linux-amd64".
func (t target) String() string { return t.os + "-" + t.arch }

// program returns the name of the program's file.
func (t target) program() string {
	if t.os == "windows" {
		return "sockeye.exe"
	}
	return "sockeye"
}

// folder returns the name of the folder in the archive.
func (t target) folder(version string) string {
	return "sockeye-" + strings.TrimPrefix(version, "v") + "-" + t.String()
}

// archive returns the name of the archive.
func (t target) archive(version string) string {
	if t.os == "windows" {
		return t.folder(version) + ".zip"
	}
	return t.folder(version) + ".tar.gz"
}
