package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// The programs under test, built once for the run by TestMain.
var (
	sockeyeBinary string
	socketsBinary string
)

// binariesVariable, in the environment of this test program, is the folder where they are already.
const binariesVariable = "SOCKEYE_E2E_BINARIES"

var update = flag.Bool("update", false, "write docs/screenshots")

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(actorVariable); ok {
		os.Exit(act(name, os.Stdin, os.Stdout))
	}
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if dir := os.Getenv(binariesVariable); dir != "" { // this is a part of a run that has built them
		sockeyeBinary, socketsBinary = filepath.Join(dir, "sockeye"), filepath.Join(dir, "sockets")
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "sockeye-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if sockeyeBinary, err = build(dir, "sockeye", ".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if socketsBinary, err = build(dir, "sockets", "../bench/sockets"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build builds a package of this module.
func build(dir, name, pkg string) (string, error) {
	exe := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", exe, pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return exe, nil
}
