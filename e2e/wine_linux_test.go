package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// winePrefix is a Windows of one test, made by Wine in a folder of its own.
type winePrefix struct {
	t    *testing.T
	wine string
	env  []string
	dir  string
}

// needWine skips the test where Wine or the C compiler for Windows is missing, and says so; with CI=true that is a
// failure.
func needWine(t *testing.T) {
	t.Helper()
	for _, need := range []string{"wine", "wineserver", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(need); err != nil {
			message := need + " is not installed: the program for Windows is built, and not run"
			if os.Getenv("CI") == "true" {
				t.Fatal(message)
			}
			t.Skip(message)
		}
	}
}

// newWine makes a Windows that can run programs made by Go, and takes it down at the end of the test.
func newWine(t *testing.T) *winePrefix {
	t.Helper()
	w := &winePrefix{t: t, wine: "wine", dir: t.TempDir()}
	prefix := filepath.Join(w.dir, "prefix")
	w.env = append(withoutSettings(os.Environ()), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "HOME="+w.dir, "DISPLAY=",
		"WINEDLLOVERRIDES=bcryptprimitives=n;mscoree=;mshtml=") // the others would ask for a download
	t.Cleanup(func() {
		for _, option := range []string{"-k", "-w"} { // a server that has ended by itself is no failure
			_ = w.command("wineserver", option).Run()
		}
	})
	w.run("wine", "wineboot", "-i")
	w.run("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-s", "-o", filepath.Join(prefix, "drive_c/windows/system32/bcryptprimitives.dll"),
		"testdata/bcryptprimitives.c", "-ladvapi32")
	return w
}

// command returns a command in the environment of this Windows, with a low priority: Wine takes what it gets.
func (w *winePrefix) command(name string, args ...string) *exec.Cmd {
	c := exec.Command("nice", append([]string{"-n", "5", name}, args...)...)
	c.Env = w.env
	return c
}

// run runs a command to its end and returns what it wrote; one that fails is the end of the test.
func (w *winePrefix) run(name string, args ...string) string {
	w.t.Helper()
	var out bytes.Buffer
	c := w.command(name, args...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		w.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// build builds a package of this module for Windows, or its tests.
func (w *winePrefix) build(name, pkg string, options ...string) string {
	w.t.Helper()
	exe := filepath.Join(w.dir, name)
	c := exec.Command("go", append(options, "-trimpath", "-o", exe, pkg)...) // as a release is built, to share what is compiled
	c.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		w.t.Fatalf("build %s for Windows: %v\n%s", pkg, err, out)
	}
	return exe
}

// winActor is a program of Windows that holds sockets.
type winActor struct {
	t     *testing.T
	in    io.WriteCloser
	lines *bufio.Scanner
	winHolding
}

// winHolding is what it holds, as package winactor has it.
type winHolding struct{ PID, Listen, Client, Six, UDP, UDP6 int }

// actor starts a program that holds sockets until the end of the test.
func (w *winePrefix) actor() *winActor {
	w.t.Helper()
	c := w.command(w.wine, w.build("holder.exe", "./winactor", "build"))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := in.Close(); err != nil {
			w.t.Error(err)
		}
		if err := c.Wait(); err != nil {
			w.t.Errorf("the program that holds sockets: %v", err)
		}
	})
	a := &winActor{t: w.t, in: in, lines: bufio.NewScanner(out)}
	a.hear()
	return a
}

// hear takes in what the program says it holds.
func (a *winActor) hear() {
	a.t.Helper()
	if !a.lines.Scan() {
		a.t.Fatal("the program that holds sockets is gone")
	}
	if err := json.Unmarshal(a.lines.Bytes(), &a.winHolding); err != nil {
		a.t.Fatalf("%q: %v", a.lines.Text(), err)
	}
}

// another has one more listener opened, and returns its port.
func (a *winActor) another() int {
	a.t.Helper()
	if _, err := io.WriteString(a.in, "\n"); err != nil {
		a.t.Fatal(err)
	}
	a.hear()
	return a.Listen
}

// sockeye starts the program as it is built for Windows. At the end of the test it is interrupted and has to end with
// status 0.
func (w *winePrefix) sockeye(args ...string) *program {
	w.t.Helper()
	port := freePort(w.t)
	c := w.command(w.wine, append([]string{w.build("sockeye.exe", "..", "build"), "--listen", "localhost:" + strconv.Itoa(port), "--interval", "500ms"}, args...)...)
	return startCommand(w.t, port, c)
}
