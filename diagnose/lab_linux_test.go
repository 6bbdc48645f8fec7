package diagnose

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The fault laboratory: small networks of namespaces. A client has a router; behind the router are the name servers and
// "the internet", a machine with all the addresses that stand for it.
//
//	client lan0 ── lan router dns ── resolver (10.53.0.2, 10.53.0.3)
//	       lan1 ── second router, which leads nowhere
//	              router wan ── internet (203.0.113.0/24, 2001:db8:ffff::/64)
const (
	clientV4, clientV6 = "192.168.7.2", "2001:db8:7::2"
	routerV4, routerV6 = "192.168.7.1", "2001:db8:7::1"
	internetV4         = "203.0.113."
	internetV6         = "2001:db8:ffff::"
)

// namespace is a network of its own. Only the thread inside of in is in it.
type namespace struct {
	t    testing.TB
	name string
	file *os.File
}

// newNamespace makes one; it ends with the test, once nothing in it is open.
func newNamespace(t testing.TB, name string) *namespace {
	n := &namespace{t: t, name: name}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		var err error
		n.file, err = os.Open(fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid()))
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("make a namespace: %v", err)
	}
	t.Cleanup(func() { n.file.Close() })
	n.ip("link set lo up")
	n.set("net/ipv6/conf/all/accept_dad", "0")
	n.set("net/ipv6/conf/default/accept_dad", "0")
	n.set("net/ipv6/conf/default/router_solicitations", "0")
	n.set("net/ipv4/icmp_ratelimit", "0")
	return n
}

// in calls f on a thread that is in the namespace.
func (n *namespace) in(f func()) {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		n.t.Fatalf("enter a namespace: %v", err)
	}
}

// path names the namespace for commands.
func (n *namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

// run runs a command in the namespace with text on its standard input.
func (n *namespace) run(input, command string, args ...string) {
	n.t.Helper()
	n.in(func() {
		c := exec.Command(command, args...)
		c.Stdin = strings.NewReader(input)
		if out, err := c.CombinedOutput(); err != nil {
			n.t.Errorf("%s: %s %s: %v\n%s%s", n.name, command, strings.Join(args, " "), err, input, out)
		}
	})
}

// ip runs commands of ip; those that begin with -6 come after all others.
func (n *namespace) ip(lines ...string) {
	n.t.Helper()
	var plain, v6 []string
	for _, l := range lines {
		if strings.HasPrefix(l, "addr add") && strings.Contains(l, ":") {
			l += " nodad"
		}
		if rest, ok := strings.CutPrefix(l, "-6 "); ok {
			v6 = append(v6, rest)
		} else {
			plain = append(plain, l)
		}
	}
	if len(plain) > 0 {
		n.run(strings.Join(plain, "\n")+"\n", "ip", "-batch", "-")
	}
	if len(v6) > 0 {
		n.run(strings.Join(v6, "\n")+"\n", "ip", "-6", "-batch", "-")
	}
}

// nft loads rules.
func (n *namespace) nft(rules string) { n.t.Helper(); n.run(rules+"\n", "nft", "-f", "-") }

// set writes a setting of the kernel.
func (n *namespace) set(name, value string) {
	n.t.Helper()
	n.in(func() {
		if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0); err != nil {
			n.t.Errorf("%s: %v", n.name, err)
		}
	})
}

// forward has it pass packets on.
func (n *namespace) forward(on string) {
	n.set("net/ipv4/ip_forward", on)
	n.set("net/ipv6/conf/all/forwarding", on)
}

// link joins two namespaces by a cable.
func link(a *namespace, nameA string, b *namespace, nameB string) {
	a.t.Helper()
	a.ip(fmt.Sprintf("link add %s type veth peer name %s netns %s", nameA, nameB, b.path()), "link set "+nameA+" up")
	b.ip("link set " + nameB + " up")
}

// network is a whole laboratory, in order until something in it is broken.
type network struct {
	t                                  testing.TB
	client, router, resolver, internet *namespace
	second                             *namespace
	dir                                string
	dns, dns2                          *nameServer
	world                              *world
	options                            labOptions
}

// needs leaves a test out where the laboratory cannot be built.
func needs(t testing.TB, commands ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to build networks of namespaces")
	}
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil {
			t.Skipf("needs the command %s", c)
		}
	}
	if err := exec.Command("unshare", "-n", "true").Run(); err != nil {
		t.Skipf("namespaces are not permitted here: %v", err)
	}
}

// newNetwork builds a laboratory in which all is well, with IPv4 and IPv6.
func newNetwork(t testing.TB) *network {
	n := &network{t: t, dir: readable(t)}
	n.client, n.router = newNamespace(t, "client"), newNamespace(t, "router")
	n.resolver, n.internet, n.second = newNamespace(t, "resolver"), newNamespace(t, "internet"), newNamespace(t, "second router")
	link(n.client, "lan0", n.router, "lan")
	link(n.client, "lan1", n.second, "lan")
	link(n.router, "dns", n.resolver, "net0")
	link(n.router, "wan", n.internet, "net0")
	n.router.forward("1")
	n.client.ip("addr add "+clientV4+"/24 dev lan0", "addr add "+clientV6+"/64 dev lan0", "link set lan1 down",
		"route add default via "+routerV4+" metric 100", "-6 route add default via "+routerV6+" metric 100")
	n.router.ip("addr add "+routerV4+"/24 dev lan", "addr add "+routerV6+"/64 dev lan", "addr add 10.53.0.1/24 dev dns",
		"addr add 198.51.100.1/24 dev wan", "addr add 2001:db8:100::1/64 dev wan",
		"route add default via 198.51.100.2", "-6 route add default via 2001:db8:100::2")
	n.second.ip("addr add 192.168.8.1/24 dev lan", "addr add 2001:db8:8::1/64 dev lan")
	n.resolver.ip("addr add 10.53.0.2/24 dev net0", "addr add 10.53.0.3/24 dev net0", "route add default via 10.53.0.1")
	lines := []string{"addr add 198.51.100.2/24 dev net0", "addr add 2001:db8:100::2/64 dev net0",
		"route add default via 198.51.100.1", "-6 route add default via 2001:db8:100::1"}
	for _, host := range []string{"1", "2", "3", "10", "11", "12", "20", "21", "22", "23", "24", "25", "26", "27", "53"} {
		lines = append(lines, "addr add "+internetV4+host+"/32 dev lo", "addr add "+internetV6+host+"/128 dev lo")
	}
	n.internet.ip(lines...)
	n.serve()
	n.configure()
	return n
}

// readable makes a directory that a user without privileges can read, too.
func readable(t testing.TB) string {
	dir, err := os.MkdirTemp("", "laboratory")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
