package e2e

import (
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sceneVariable in the environment says that this process has a network namespace and a host name of its own.
const sceneVariable = "E2E_SCENE"

// The scene plays for a while before the pictures are taken, so that the charts have something to show.
var (
	sceneTime = flag.Duration("scene", 4*time.Minute, "how long the scene of the screenshots plays")
	shotNames = flag.String("shots", "", "take only the screenshots whose names have this in them")
)

// TestScreenshots writes docs/screenshots. The scene is played in a network namespace that has nothing else in it,
// with addresses that are reserved for documentation (RFC 5737) behind a second namespace, so that the pictures are
// alike wherever they are made.
func TestScreenshots(t *testing.T) {
	if !*update {
		t.Skip("screenshots are written with -update only")
	}
	chromium(t)
	if os.Getenv(sceneVariable) == "" {
		rerunAlone(t)
		return
	}
	command(t, "ip", "link", "set", "lo", "up")
	if err := unix.Sethostname([]byte("host-7")); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	sockeye := startOn(t, port)
	p := newBrowser(t).tab()
	p.openLive(sockeye.url + "/") // without a viewer there are no polls, and no curve
	play(t)
	shootAll(p, sockeye)
}

// rerunAlone runs this test once more, in namespaces of its own.
func rerunAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestScreenshots$", "-test.v", "-update", "-scene", sceneTime.String(), "-shots", *shotNames)
	cmd.Env = append(os.Environ(), sceneVariable+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// outside makes a second network namespace, joined to this one, with the addresses of others in it. It returns the
// start of a command line that runs a program there.
func outside(t *testing.T) []string {
	t.Helper()
	there := newActor(t, "outside", "", "unshare", "--net", "--")
	there.tell("bind 0.0.0.0:0") // it is in its namespace when it answers
	pid := strconv.Itoa(there.pid)
	within := []string{"nsenter", "--target", pid, "--net", "--"}
	command(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "wan", "netns", pid)
	command(t, "ip", "address", "add", "192.0.2.10/24", "dev", "eth0")
	command(t, "ip", "link", "set", "eth0", "up")
	for _, line := range []string{
		"ip link set lo up",
		"ip address add 192.0.2.1/24 dev wan",
		"ip link set wan up",
		"ip address add 203.0.113.20/32 dev lo",
		"ip address add 203.0.113.41/32 dev lo",
		"ip address add 198.51.100.7/32 dev lo",
		"ip address add 198.51.100.23/32 dev lo",
	} {
		args := append(within[1:len(within):len(within)], strings.Fields(line)...)
		command(t, within[0], args...)
	}
	command(t, "ip", "route", "add", "default", "via", "192.0.2.1")
	return within
}

// play has processes with well-known names open sockets in most states and send for a while.
func play(t *testing.T) {
	t.Helper()
	there := outside(t)
	web := newActor(t, "web", "", there...)
	web.tell("listen 203.0.113.20:443")
	visitors := newActor(t, "visitors", "", there...)

	sshd := newActor(t, "sshd", "")
	sshd.tell("listen 0.0.0.0:22")
	visitors.tell("dial 198.51.100.7:0 192.0.2.10:22")
	sshd.tell("accept")
	visitors.tell("send 4200")
	sshd.tell("receive 4200")

	postgres := newActor(t, "postgres", "")
	postgres.tell("listen 127.0.0.1:5432")
	api := newActor(t, "api-server", "")
	for range 4 {
		api.tell("dial 127.0.0.1:0 127.0.0.1:5432")
		postgres.tell("accept")
	}
	api.tell("listen 127.0.0.1:3000")
	for range 3 {
		api.tell("dial 0.0.0.0:0 203.0.113.20:443")
		web.tell("accept")
		web.tell("half") // which leaves the local end in CLOSE_WAIT
	}
	newActor(t, "chronyd", "").tell("bind 127.0.0.1:323")
	newActor(t, "dnsmasq", "").tell("bind 127.0.0.53:53")

	nginx := newActor(t, "nginx", "")
	nginx.tell("listen [::]:80")
	nginx.tell("listen 0.0.0.0:443")
	firefox := newActor(t, "firefox", "")
	for range 3 {
		firefox.tell("dial 0.0.0.0:0 203.0.113.20:443")
		web.tell("accept")
		web.tell("send 48000")
		firefox.tell("receive 48000")
	}
	for end, i := time.Now().Add(*sceneTime), 0; time.Now().Before(end); i++ {
		if i < 14 {
			visitors.tell("dial %s:0 192.0.2.10:443", []string{"198.51.100.7", "198.51.100.23", "203.0.113.41"}[i%3])
			nginx.tell("accept")
		}
		visitors.tell("send %d", 1000+700*(i%5))
		nginx.tell("receive %d", 1000+700*(i%5))
		nginx.tell("send %d", 9000+6000*(i%7))
		visitors.tell("receive %d", 9000+6000*(i%7))
		if i%4 == 0 {
			shortLived(firefox, web)
		}
		time.Sleep(time.Second)
	}
}

// shortLived has a client leave a socket in TIME_WAIT.
func shortLived(client, server *actor) {
	client.tell("dial 0.0.0.0:0 203.0.113.20:443")
	server.tell("accept")
	client.tell("close")
	server.tell("close")
}
