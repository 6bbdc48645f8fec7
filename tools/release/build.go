package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// maxProgram is how large a program may be, in bytes.
const maxProgram = 25_000_000

// tree is a clone of the commit that is built.
type tree struct {
	dir, commit, version string
	at                   time.Time
	modules              map[string]string // where the modules lie, by path
	goroot               string
}

// clone makes a clone of what is checked out in source, in an empty folder dir.
func clone(ctx context.Context, source, dir string) (*tree, error) {
	trust := dir + ".gitconfig" // the tree may belong to another user than this one, as it does in a container
	if err := os.WriteFile(trust, []byte("[safe]\n\tdirectory = *\n"), 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(trust)
	git := func(args ...string) (string, error) {
		return output(ctx, source, []string{"GIT_CONFIG_GLOBAL=" + trust, "GIT_CONFIG_SYSTEM=/dev/null"}, "git", args...)
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	at, err := git("show", "--no-patch", "--format=%ct", commit)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("time of the commit: %w", err)
	}
	for _, args := range [][]string{
		{"clone", "--quiet", "--no-checkout", source, dir}, {"-C", dir, "-c", "advice.detachedHead=false", "checkout", "--quiet", commit},
	} {
		if _, err := git(args...); err != nil {
			return nil, err
		}
	}
	t := &tree{dir: dir, commit: commit, at: time.Unix(seconds, 0), modules: map[string]string{}}
	// What is put in for Windows must not make the clone look changed.
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "exclude"), []byte("/*.syso\n"), 0o644); err != nil {
		return nil, err
	}
	return t, t.survey(ctx)
}

// survey finds out where the modules lie.
func (t *tree) survey(ctx context.Context) error {
	if _, err := t.run(ctx, nil, "go", "mod", "download"); err != nil {
		return err
	}
	list, err := t.run(ctx, nil, "go", "list", "-m", "-f", "{{.Path}}\t{{.Dir}}", "all")
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			t.modules[path] = dir
		}
	}
	t.goroot, err = t.run(ctx, nil, "go", "env", "GOROOT")
	return err
}

// run runs a command in the tree.
func (t *tree) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	return output(ctx, t.dir, env, name, args...)
}

// output runs a command in a folder and returns what it writes, without the spaces around.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), append([]string{"GOFLAGS=", "GOWORK=off", "PWD=" + dir}, env...)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// compile builds the program for a target: static, without the names of folders, with the commit in it. The version is
// that of the commit, as Go makes it of tags.
func (t *tree) compile(ctx context.Context, to target) ([]byte, error) {
	object := filepath.Join(t.dir, "rsrc_windows_"+to.arch+".syso")
	if to.os == "windows" {
		text, err := resources(to.arch, t.version, t.commit)
		if err == nil {
			err = os.WriteFile(object, text, 0o644)
		}
		if err != nil {
			return nil, err
		}
		defer os.Remove(object)
	}
	exe := filepath.Join(t.dir, ".git", to.String()) // in the tree, and no part of it
	defer os.Remove(exe)
	env := []string{"GOOS=" + to.os, "GOARCH=" + to.arch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT="}
	if _, err := t.run(ctx, env, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", exe, "."); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		return nil, err
	}
	return program, t.inspect(to, program)
}

// inspect looks at a program before it is published.
func (t *tree) inspect(to target, program []byte) error {
	if len(program) > maxProgram {
		return fmt.Errorf("%v: the program has %d bytes, more than %d", to, len(program), maxProgram)
	}
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("%v: %w", to, err)
	}
	know := map[string]string{}
	for _, s := range info.Settings {
		know[s.Key] = s.Value
	}
	if know["vcs.revision"] != t.commit || know["vcs.modified"] != "false" || know["GOOS"] != to.os || know["CGO_ENABLED"] != "0" {
		return fmt.Errorf("%v: the program says of itself %v", to, know)
	}
	if t.version == "" {
		t.version = info.Main.Version
	}
	if info.Main.Version != t.version {
		return fmt.Errorf("%v: the program is version %s, others are %s", to, info.Main.Version, t.version)
	}
	return nil
}

// unitFile is the systemd unit.
const unitFile = "packaging/sockeye.service"

// contents returns what is in an archive, in order.
func (t *tree) contents(to target, program []byte) ([]file, error) {
	files := []file{{to.program(), program, true}}
	others := []string{"LICENSE", "README.md", "docs/platforms.md"}
	if to.os == "linux" {
		others = append(others, unitFile)
	}
	for _, name := range others {
		text, err := os.ReadFile(filepath.Join(t.dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) && name == unitFile && !t.needsUnit() {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%v: %w", to, err)
		}
		files = append(files, file{filepath.Base(name), text, false})
	}
	legal, err := thirdParty(program, t.goroot, t.dir, t.modules)
	if err != nil {
		return nil, err
	}
	readme, err := os.ReadFile(filepath.Join(t.dir, "static", "vendor", "README.md"))
	if err != nil {
		return nil, err
	}
	bill, err := billOfMaterials(to, program, vendored(readme), t.at)
	return append(files, file{"THIRD-PARTY.txt", legal, false}, file{"sbom.spdx.json", bill, false}), err
}

// needsUnit reports whether the tree is one that has a unit: one whose documents speak of it.
func (t *tree) needsUnit() bool {
	_, err := os.Stat(filepath.Join(t.dir, "docs", "privileges.md"))
	return err == nil
}
