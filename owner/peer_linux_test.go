package owner

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// TestOfPeerOfOthers (A10): another user's connection is that user's; one of a user without a number is nobody's.
func TestOfPeerOfOthers(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil || os.Getuid() != 0 {
		t.Skip("another user's connection takes root and bash")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for uid, known := range map[uint32]bool{12345: true, overflowUID: false} {
		c := exec.Command(bash, "-c", `exec 3<>/dev/tcp/127.0.0.1/$0; read -u 3`, port) // until the server's end closes
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		c.Dir = "/"
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		user, err := OfPeer(server.RemoteAddr().(*net.TCPAddr).AddrPort(), server.LocalAddr().(*net.TCPAddr).AddrPort())
		if known && (err != nil || user != strconv.FormatUint(uint64(uid), 10)) || !known && !errors.Is(err, ErrUnknown) {
			t.Errorf("user %d: %q, %v", uid, user, err)
		}
		_ = server.Close()
		_ = c.Wait() // read fails at the end of the stream
	}
}
