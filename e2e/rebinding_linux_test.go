package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/miekg/dns"
)

// attackScript is what a page does that was served by somebody else under a name that now leads to sockeye: it asks
// for all that there is by every means that its origin has.
const attackScript = `
async function attack() {
	const seen = {};
	const asks = [["GET", "/"], ["GET", "/connections.json"], ["GET", "/connections.csv"], ["GET", "/metrics"], ["GET", "/healthz"],
		["GET", "/live"], ["GET", "/nothing"], ["POST", "/diagnosis.json"], ["DELETE", "/connections.json"], ["PUT", "/"]];
	for (const [method, path] of asks) {
		try {
			const answer = await fetch(path, {method, cache: "no-store", headers: {"X-Forwarded-Host": "localhost"}});
			seen[method + " " + path] = answer.status + " " + (await answer.text()).slice(0, 400);
		} catch (problem) {
			seen[method + " " + path] = "refused " + problem;
		}
	}
	seen.socket = await new Promise(done => {
		const socket = new WebSocket("ws://" + location.host + "/live");
		socket.onmessage = m => done("message " + m.data.slice(0, 100));
		socket.onopen = () => { seen.opened = "yes"; };
		socket.onerror = () => done("error");
		setTimeout(() => done("nothing"), 5000);
	});
	return JSON.stringify(seen);
}`

// rebound are the ways by which a name that led to the attacker comes to lead to sockeye: what a name server answers.
var rebound = []struct {
	name   string
	answer func(name string, turned bool) []dns.RR
}{
	{"turned.rebind.example", func(name string, turned bool) []dns.RR {
		if turned {
			return records(name, "A 127.0.0.1")
		}
		return records(name, "A "+attackerAddress)
	}},
	{"both.rebind.example", func(name string, _ bool) []dns.RR {
		return records(name, "A "+attackerAddress, "A 127.0.0.1") // the browser takes the second once the first is deaf
	}},
	{"zero.rebind.example", func(name string, turned bool) []dns.RR {
		if turned {
			return records(name, "A 0.0.0.0")
		}
		return records(name, "A "+attackerAddress)
	}},
	{"alias.rebind.example", func(name string, turned bool) []dns.RR {
		if turned {
			return append(records(name, "CNAME localhost."), records("localhost.", "A 127.0.0.1")...)
		}
		return records(name, "A "+attackerAddress)
	}},
}

// allowed is a name of the attacker that sockeye was told to answer to: the proof that the attack would succeed.
const allowed = "allowed.rebind.example"

// attackerAddress is where the attacker's pages come from.
const attackerAddress = "192.0.2.66"

// records makes resource records that nobody may keep.
func records(name string, texts ...string) (list []dns.RR) {
	for _, text := range texts {
		rr, err := dns.NewRR(name + " 0 IN " + text)
		if err != nil {
			panic(err) // they stand above
		}
		list = append(list, rr)
	}
	return list
}

// nameServer answers for the attacker's names.
type nameServer struct {
	mu     sync.Mutex
	turned bool
}

// turn says what is answered from now on: false is the attacker's address.
func (n *nameServer) turn(turned bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turned = turned
}

// ServeDNS implements dns.Handler.
func (n *nameServer) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	n.mu.Lock()
	turned := n.turned
	n.mu.Unlock()
	answer := new(dns.Msg).SetReply(question)
	name := strings.ToLower(question.Question[0].Name)
	answer.Rcode = dns.RcodeNameError
	for _, r := range append(rebound, rebound[0]) {
		if name == r.name+"." || name == allowed+"." {
			answer.Rcode = dns.RcodeSuccess
			for _, rr := range r.answer(name, turned) {
				if t := rr.Header().Rrtype; t == question.Question[0].Qtype || t == dns.TypeCNAME || rr.Header().Name != name {
					answer.Answer = append(answer.Answer, rr)
				}
			}
			break
		}
	}
	_ = w.WriteMsg(answer) // who asked may be gone
}

// startNames serves DNS on 127.0.0.1 until the test ends.
func startNames(t *testing.T) *nameServer {
	t.Helper()
	n := &nameServer{}
	for _, network := range []string{"udp", "tcp"} {
		started := make(chan struct{})
		server := &dns.Server{Addr: "127.0.0.1:53", Net: network, Handler: n, NotifyStartedFunc: func() { close(started) }}
		ended := make(chan error, 1)
		go func() { ended <- server.ListenAndServe() }()
		select {
		case <-started:
		case err := <-ended:
			t.Fatalf("name server: %v", err)
		}
		t.Cleanup(func() {
			if err := server.Shutdown(); err != nil {
				t.Error(err)
			}
			<-ended
		})
	}
	return n
}

// startAttacker serves the attacker's page on the port that sockeye has; stop makes the port deaf.
func startAttacker(t *testing.T, port int) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(attackerAddress, itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>holiday pictures</title><link rel="icon" href="data:,"><script>`+attackScript+`</script>`)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	var once sync.Once
	stop = func() { once.Do(func() { _ = server.Close(); <-done }) }
	t.Cleanup(stop)
	return stop
}

// TestRebinding does it for real: Chromium opens a page of an attacker, whose name then leads to sockeye, by a name
// server of the test. The page is same-origin with sockeye for all that the browser knows. Where --allow-host names
// the attacker, the page comes past the host gate, which shows that nothing else held the others.
//
//attack:c3 Chromium with a name server of the test's own: changed answers, two answers at once, 0.0.0.0, an alias; each page gets 421 for everything and no socket
//attack:c2 by the names of a rebinding, on ten paths and methods
//attack:s4 all this runs where there is no route to anywhere
func TestRebinding(t *testing.T) {
	chromium(t)
	if !inNamespace(t, attackerAddress+"/24") {
		return
	}
	names := startNames(t)
	sockeye := start(t, "--allow-host", allowed)
	b := newBrowser(t,
		chromedp.Flag("host-resolver-rules", false),
		// A browser may ask before a page reaches into this machine. Not all do, so this must not be what protects.
		chromedp.Flag("disable-features", "LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights,Translate"),
	)
	spare := 100
	visit := func(name string) map[string]string {
		names.turn(false)
		stop := startAttacker(t, sockeye.port)
		defer stop()
		p := b.tab()
		p.expect("")
		p.open("http://" + name + ":" + itoa(sockeye.port) + "/")
		if title := eval[string](p, "document.title"); title != "holiday pictures" {
			t.Fatalf("%s: the attacker's page is not what was opened, but %q", name, title)
		}
		names.turn(true)
		stop()
		var seen map[string]string
		waitFor(t, name+" leads to sockeye", func() bool {
			spare++
			ip(t, "address", "add", "192.0.2."+itoa(spare)+"/24", "dev", "lan0") // has the browser forget what names meant
			text := eval[string](p, "attack()")
			seen = nil
			if err := json.Unmarshal([]byte(text), &seen); err != nil {
				t.Fatal(err)
			}
			return !strings.HasPrefix(seen["GET /connections.json"], "refused")
		})
		return seen
	}

	seen := visit(allowed)
	if got := seen["GET /connections.json"]; !strings.Contains(got, `"connections"`) && !strings.Contains(got, "needs a link") {
		t.Fatalf("the attack does not come past the host gate even where it may: %v", seen)
	}
	for _, r := range rebound {
		seen := visit(r.name)
		for what, got := range seen {
			if what == "socket" && got != "error" || what != "socket" && (!strings.HasPrefix(got, "421 ") || len(got) > 204) {
				t.Errorf("%s: %s: %s", r.name, what, got)
			}
		}
		if !strings.Contains(sockeye.log(), "host refused") {
			t.Errorf("%s: sockeye says nothing of it", r.name)
		}
	}
}
