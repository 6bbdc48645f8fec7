package diagnose

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(readable(t), "sockeye")
	c := exec.Command("go", "build", "-buildvcs=false", "-o", path, "sockeye")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// command runs the program on the client with the client's own files, and returns its exit code.
func (n *network) command(program string, args ...string) (code int, out string) {
	n.t.Helper()
	var internet []string
	for _, a := range n.options.Internet {
		internet = append(internet, a.String())
	}
	args = append([]string{"diagnose", "--internet", strings.Join(internet, ","), "--name", strings.Join(n.options.Names, ","),
		"--portal", n.options.Portal, "--reference", n.options.Reference[0].String()}, args...)
	n.client.in(func() {
		script := `mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"`
		c := exec.Command("unshare", append([]string{"-m", "sh", "-c", script, "sh", n.options.ResolvConf, n.options.Hosts, program}, args...)...)
		c.Env = []string{"SSL_CERT_FILE=" + n.options.Roots, "PATH=" + os.Getenv("PATH")}
		var text, errs bytes.Buffer
		c.Stdout, c.Stderr = &text, &errs
		var exit *exec.ExitError
		switch err := c.Run(); {
		case errors.As(err, &exit):
			code = exit.ExitCode()
		case err != nil:
			n.t.Error(err)
		}
		if out = text.String(); errs.Len() > 0 {
			n.t.Errorf("standard error: %s", errs.String())
		}
	})
	return code, out
}

// TestCommand runs the real program in a laboratory: exit codes, text and JSON.
func TestCommand(t *testing.T) {
	needs(t, "ip", "nft", "unshare", "go")
	t.Parallel()
	program := build(t)
	n := newNetwork(t)
	code, out := n.command(program)
	if code != 0 || !strings.Contains(out, "\nHEALTHY\n") || !strings.HasPrefix(out, "ok   Link") {
		t.Errorf("in order: code %d\n%s", code, out)
	}
	if code, out = n.command(program, "--target", "refuses.example.org:443"); code != 1 || !strings.Contains(out, "\nTROUBLE: server (refused)\n") {
		t.Errorf("a server that refuses: code %d\n%s", code, out)
	}
	n.router.ip("link set lan down")
	code, out = n.command(program, "--json")
	var r Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 1 || r.Verdict.Cause != causeNoCarrier || r.Verdict.Also == nil || len(r.Rungs) != 13 {
		t.Errorf("no carrier: code %d, %v\n%s", code, err, out)
	}
}
