package actions

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMayStart (X9): a file that gives rights is to be its starter's own, or kept from others.
func TestMayStart(t *testing.T) {
	for _, test := range []struct {
		secure     bool
		uid, owner int
		mode       os.FileMode
		want       bool
	}{
		{false, 1000, 0, 0o755, true}, {true, 1000, 0, 0o755, false}, {true, 1000, 0, 0o751, false}, {true, 1000, 0, 0o750, true},
		{true, 1000, 1000, 0o755, true}, {true, 0, 1000, 0o755, true}, {true, 1000, 1001, 0o777, false},
	} {
		if err := mayStart(test.secure, test.uid, test.owner, test.mode); (err == nil) != test.want {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if err := CheckStart(); err != nil {
		t.Errorf("this test: %v", err)
	}
}

// startVariable makes this test program say what CheckStart says.
const startVariable = "SOCKEYE_TEST_CHECK_START"

// TestRealStart (X9): this program with rights by its file, started by another user.
func TestRealStart(t *testing.T) {
	if os.Getenv(startVariable) != "" {
		if err := CheckStart(); err != nil {
			_, _ = os.Stdout.WriteString("REFUSED " + err.Error() + "\n")
		} else {
			_, _ = os.Stdout.WriteString("STARTS\n")
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root gives rights to files")
	}
	dir, err := os.MkdirTemp("/var/tmp", "sockeye-") // others have to reach it
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file := filepath.Join(dir, "program")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, self, 0o755); err != nil {
		t.Fatal(err)
	}
	says := func(mode os.FileMode, rights bool) string {
		t.Helper()
		for _, err := range []error{os.Chmod(dir, 0o755), os.Chown(file, 0, 65534), os.Chmod(file, mode)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if rights { // struct vfs_cap_data, revision 2, effective (linux/capability.h)
			cap := make([]byte, 20)
			binary.LittleEndian.PutUint32(cap, 0x02000001)
			binary.LittleEndian.PutUint32(cap[4:], 1<<unix.CAP_KILL)
			if err := unix.Setxattr(file, "security.capability", cap, 0); err != nil {
				t.Skipf("no rights for files here: %v", err)
			}
		}
		c := exec.Command(file, "-test.run=^TestRealStart$")
		c.Dir, c.Env = "/", append(os.Environ(), startVariable+"=1")
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if got := says(0o755, false); !strings.HasPrefix(got, "STARTS") {
		t.Errorf("without rights: %s", got)
	}
	if got := says(0o755, true); !strings.HasPrefix(got, "REFUSED") || !strings.Contains(got, "0750") {
		t.Errorf("with rights, for everybody: %s", got)
	}
	if got := says(0o750, true); !strings.HasPrefix(got, "STARTS") {
		t.Errorf("with rights, for a group: %s", got)
	}
}
