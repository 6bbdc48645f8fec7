package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// namespaceVariable, in the environment of this test program, says that it runs in a network namespace made for one
// test, and holds the path of the file to be used as resolv.conf.
const namespaceVariable = "SOCKEYE_E2E_NAMESPACE"

// inNamespace reports whether the test runs in a network namespace of its own: loopback, one more interface with the
// given addresses, no route to anywhere, and a resolv.conf that asks 127.0.0.1. Where it does not, it runs the test
// again in one and reports what came of it; the caller returns then. It needs root.
func inNamespace(t *testing.T, addresses ...string) bool {
	t.Helper()
	if path := os.Getenv(namespaceVariable); path != "" {
		furnish(t, path, addresses)
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("iproute2 is not installed")
	}
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.1\noptions timeout:2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m", fmt.Sprintf("-update-policy=%v", *updatePolicy))
	cmd.Env = append(os.Environ(), namespaceVariable+"="+resolv, binariesVariable+"="+filepath.Dir(sockeyeBinary))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no network namespace can be made here")
	}
	if err != nil {
		t.Errorf("in a namespace: %v", err)
	}
	t.Logf("%s", out)
	return false
}

// furnish gives the namespace what inNamespace promises.
func furnish(t *testing.T, resolv string, addresses []string) {
	t.Helper()
	if err := errors.Join(
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount(resolv, "/etc/resolv.conf", "", syscall.MS_BIND, ""),
	); err != nil {
		t.Skipf("no file system of its own: %v", err)
	}
	ip(t, "link", "set", "lo", "up")
	ip(t, "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
	ip(t, "link", "set", "lan0", "up")
	ip(t, "link", "set", "lan1", "up")
	for _, a := range addresses {
		ip(t, "address", "add", a, "dev", "lan0")
	}
}

// ip runs iproute2.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v\n%s", args, err, out)
	}
}
