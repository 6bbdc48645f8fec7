package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// version describes the build: the module's version, the commit with its date where the build knows them, the version of
// Go, and the platform.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "sockeye (unknown build)"
	}
	return versionOf(info)
}

// commitLetters is how much of a commit's hash is shown: enough to find it, as git does.
const commitLetters = 12

// versionOf writes what a build knows of itself.
func versionOf(info *debug.BuildInfo) string {
	know := map[string]string{}
	for _, s := range info.Settings {
		know[s.Key] = s.Value
	}
	var parts []string
	if commit := know["vcs.revision"]; commit != "" {
		commit = "commit " + commit[:min(len(commit), commitLetters)]
		if know["vcs.modified"] == "true" {
			commit += " with changes"
		}
		parts = append(parts, commit)
	} else {
		parts = append(parts, "commit unknown")
	}
	if date := know["vcs.time"]; date != "" {
		parts = append(parts, date)
	}
	parts = append(parts, info.GoVersion, runtime.GOOS+"/"+runtime.GOARCH)
	return fmt.Sprintf("sockeye %s (%s)", info.Main.Version, strings.Join(parts, ", "))
}
