package actions

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"sockeye/poller/sockdiag"
)

// TestRealOwner: who asks is told by the kernel, on both families; another user is refused, and so is one that closed its
// socket before it could be asked about.
func TestRealOwner(t *testing.T) {
	owner := NewOwner()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err)
			continue
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			who, err := owner.May(r)
			if err != nil {
				fmt.Fprint(w, "refused: ", err)
				return
			}
			fmt.Fprint(w, "user ", *who.UID)
		})}}
		s.Start()
		defer s.Close()
		answer, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if want := fmt.Sprint("user ", os.Getuid()); string(body) != want {
			t.Errorf("%s: %q, want %q", address, body, want)
		}
		s.CloseClientConnections()
		if got := asNobody(t, l.Addr().String()); got != "" && !strings.HasPrefix(got, "refused: Another user") {
			t.Errorf("%s: another user: %q", address, got)
		}
	}
}

// asNobody asks as another user and returns the answer's body; "" where that cannot be tried.
func asNobody(t *testing.T, address string) string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil || os.Getuid() != 0 {
		return ""
	}
	host, port, _ := net.SplitHostPort(address)
	c := exec.Command(bash, "-c", `exec 3<>/dev/tcp/$0/$1; printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3; cat <&3`, host, port)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	c.Dir = "/"
	out, err := c.Output()
	if err != nil {
		t.Fatalf("as another user: %v", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(out))), nil)
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return string(body)
}

// TestOrphanIsNobody: a socket without a descriptor says user 0 with some kernels; it is not root's for that.
func TestOrphanIsNobody(t *testing.T) {
	local, peer := netip.MustParseAddrPort("127.0.0.1:8080"), netip.MustParseAddrPort("127.0.0.1:5000")
	r := sockdiag.Record{Source: peer, Destination: local, UID: 0}
	if uid, err := userOf(&r, local, peer); err == nil {
		t.Errorf("user %d", uid)
	}
	r.Inode = 9
	if uid, err := userOf(&r, local, peer); err != nil || uid != 0 {
		t.Errorf("user %d, %v", uid, err)
	}
	r.Source = netip.MustParseAddrPort("127.0.0.1:5001")
	if uid, err := userOf(&r, local, peer); err == nil {
		t.Errorf("another socket: user %d", uid)
	}
}

// TestSudo: the user behind sudo is an owner, where the program is root's.
func TestSudo(t *testing.T) {
	t.Setenv("SUDO_UID", "1234")
	got := fmt.Sprint(ownerUIDs())
	if strings.Contains(got, "1234") != (os.Getuid() == 0) {
		t.Errorf("owners %s", got)
	}
}
