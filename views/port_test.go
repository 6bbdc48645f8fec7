package views

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sockeye/poller"
	"sockeye/ports"
)

// answer is a port's answer on a whole table.
func answer(change func(*PortAnswer)) PortAnswer {
	p := PortAnswer{
		Page:  Page{Host: "host-7", Now: noon, Active: NavPorts, Status: poller.Status{At: noon, Complete: true}},
		Asked: true, Text: "443", Port: 443, Class: "system", Service: serviceName,
	}
	change(&p)
	return p
}

// held is a listener of a process on an address.
func held(address string, pid int32, name string) poller.Connection {
	c := listener()
	c.Local = netip.MustParseAddrPort(address)
	if name != "" {
		c.Owner, c.OwnerNote = &poller.Process{PID: pid, Name: name}, poller.OwnerKnown
	}
	return c
}

func TestSentence(t *testing.T) {
	nginx4, nginx6 := held("0.0.0.0:443", 812, "nginx"), held("[::]:443", 812, "nginx")
	waiting := connection()
	waiting.State, waiting.Owner = poller.StateTimeWait, nil
	for _, c := range []struct {
		name   string
		change func(*PortAnswer)
		want   string
	}{
		{"free", func(*PortAnswer) {}, "Port 443 is free: no socket of this machine uses it."},
		{"free for UDP", func(p *PortAnswer) { p.Protocol = "udp" }, "UDP port 443 is free: no socket of this machine uses it."},
		{"not polled", func(p *PortAnswer) { p.Status.At = time.Time{} }, "Nobody was seen on port 443, but the table is not whole."},
		{"stale", func(p *PortAnswer) { p.Status.Stale = "s" }, "Nobody was seen on port 443, but the table is not whole."},
		{"partial", func(p *PortAnswer) { p.Status.Complete = false }, "Nobody was seen on port 443, but the table is not whole."},
		{"one process, two addresses", func(p *PortAnswer) { p.Listeners = []poller.Connection{nginx4, nginx6} },
			"Port 443 is taken: nginx (PID 812) listens on 0.0.0.0 and [::]."},
		{"the same address twice", func(p *PortAnswer) { p.Listeners = []poller.Connection{nginx4, nginx4} },
			"Port 443 is taken: nginx (PID 812) listens on 0.0.0.0."},
		{"four processes", func(p *PortAnswer) {
			p.Listeners = []poller.Connection{nginx4, held("10.0.0.5:443", 9, "api"), held("10.0.0.6:443", 10, "b"), held("10.0.0.7:443", 11, "c")}
		}, "Port 443 is taken: nginx (PID 812) listens on 0.0.0.0, api (PID 9) listens on 10.0.0.5 and 2 more."},
		{"owner not known", func(p *PortAnswer) { p.Listeners = []poller.Connection{held("0.0.0.0:443", 0, "")} },
			"Port 443 is taken: an unknown process listens on 0.0.0.0."},
		{"hostile owner", func(p *PortAnswer) { p.Listeners = []poller.Connection{held("0.0.0.0:443", 5, "a\u202eb\n")} },
			"Port 443 is taken: a⟨U+202E⟩b␊ (PID 5) listens on 0.0.0.0."},
		{"held otherwise", func(p *PortAnswer) { p.Others = []poller.Connection{waiting} },
			"Nobody listens on port 443, but an unknown process still holds it with a socket in TIME_WAIT."},
		{"held by several", func(p *PortAnswer) { p.Others = []poller.Connection{waiting, waiting} },
			"Nobody listens on port 443, but 2 sockets still hold it."},
		{"one through", func(p *PortAnswer) { p.ThroughTotal = 1 }, "Nobody listens on port 443; one connection uses it."},
		{"many through", func(p *PortAnswer) { p.ThroughTotal, p.Protocol = 1204, "tcp" },
			"Nobody listens on TCP port 443; 1,204 connections use it."},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := answer(c.change)
			if got := p.Sentence(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := content(byID(t, parse(t, PortPage(p)), "answer")); got != c.want {
				t.Errorf("the page says %q", got)
			}
		})
	}
}

func TestPortPage(t *testing.T) {
	p := answer(func(p *PortAnswer) {
		p.Listeners = []poller.Connection{held("[::]:443", 812, "nginx")}
		p.Through, p.ThroughTotal = []poller.Connection{connection()}, 1204
		p.Services = []ports.Service{
			{Port: 443, Protocol: "tcp", Name: "https", Description: "HTTP over TLS", Registered: true},
			{Port: 443, Protocol: "udp", Name: "quic-ish", Description: "something else"},
		}
	})
	doc := parse(t, PortPage(p))
	text := content(doc)
	for _, want := range []string{
		"https tcp HTTP over TLS", "quic-ish udp something else common use, not registered",
		"443 is a system port (0–1023)", "Listening 1", "Connected through it 1,204", "All 1,204 in the table", "nginx812",
		"10.0.0.5:443",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
	if strings.Count(text, "not registered") != 1 {
		t.Error("a registered service is called unregistered, or the other way round")
	}
	rows := find(doc, func(n *html.Node) bool { return has(n, "data-id") })
	if len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestPortForm: the form alone, and the form with what could not be read.
func TestPortForm(t *testing.T) {
	form := content(parse(t, PortPage(answer(func(p *PortAnswer) { p.Asked = false }))))
	if !strings.Contains(form, "Who listens on a port") || strings.Contains(form, "is free") {
		t.Errorf("the form says %q", form)
	}
	bad := answer(func(p *PortAnswer) { p.Text, p.Problem = "99999", "port must be 0 to 65535" })
	doc := parse(t, PortPage(bad))
	if n := byID(t, doc, "port-problem"); content(n) != bad.Problem || has(n, "hidden") {
		t.Errorf("problem: %v", n.Attr)
	}
	if attr(byID(t, doc, "port"), "value") != "99999" || strings.Contains(content(doc), "is free") {
		t.Error("the page answers what it could not read")
	}
}

func TestClassHelp(t *testing.T) {
	for _, class := range []string{ports.Class(0), ports.Class(1023), ports.Class(1024), ports.Class(49151), ports.Class(49152), ports.Class(65535)} {
		if classHelp(class) == "" {
			t.Errorf("class %q is not explained", class)
		}
	}
}

func TestFailurePage(t *testing.T) {
	doc := parse(t, FailurePage(Failure{Page: Page{Host: "h"}, Status: 404, Title: "No such page.", Advice: "Look again."}))
	for _, want := range []string{"404", "No such page.", "Look again.", "All connections"} {
		if !strings.Contains(content(doc), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
