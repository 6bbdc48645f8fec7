package views

import (
	"hash/crc32"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sockeye/occupancy"
	"sockeye/poller"
	"sockeye/ports"
	"sockeye/processes"
)

// rules are those of a Linux that nobody changed, for a program without rights.
var rules = ports.Rules{Ephemeral: ports.Span{First: 32768, Last: 60999}, PrivilegedBelow: 1024}

// answer is a port's answer on a whole table, of TCP alone.
func answer(situation occupancy.Situation, change func(*PortAnswer, *occupancy.Answer)) PortAnswer {
	a := &occupancy.Answer{Key: occupancy.Key{Port: 443, Protocol: poller.TCP}, Situation: situation, Can: occupancy.CanNo, Rules: rules, Now: noon}
	for _, place := range ports.Places(false) {
		for _, reuse := range [...]bool{false, true} {
			a.Outcomes = append(a.Outcomes, ports.Outcome{Place: place, Reuse: reuse, Verdict: ports.No, Errno: "EACCES", Reason: "not allowed"})
		}
	}
	p := PortAnswer{
		Page:  Page{Host: "host-7", Now: noon, Active: NavPorts, Status: poller.Status{At: noon, Complete: true}},
		Asked: true, Text: "443", Port: 443, Class: "system", Service: serviceName, Answers: []*occupancy.Answer{a},
	}
	if change != nil {
		change(&p, a)
	}
	return p
}

// held is a listener of a process on an address.
func held(address string, pid int32, name string) poller.Connection {
	c := listener()
	c.Local = netip.MustParseAddrPort(address)
	c.ID = poller.ID(crc32.ChecksumIEEE([]byte(address)))
	if c.Local.Addr().Is4() {
		c.Family = poller.IPv4
	}
	if name != "" {
		c.Owner, c.OwnerNote = &poller.Process{PID: pid, Name: name}, poller.OwnerKnown
	}
	return c
}

// said reports whether a text has another in it, whatever the white space.
func said(text, part string) bool {
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return strings.Contains(bare(text), bare(part))
}

func TestPortPage(t *testing.T) {
	p := answer(occupancy.Held, func(p *PortAnswer, a *occupancy.Answer) {
		first, second := held("10.0.0.5:443", 812, "nginx"), held("127.0.0.1:443", 812, "nginx")
		first.Known, first.ReceiveQueue, first.SendQueue = poller.KnownQueues, 129, 128
		a.Listeners = []poller.Connection{first, second}
		a.Clients = []occupancy.Client{
			{Addr: netip.MustParseAddr("203.0.113.9"), Connections: 611, Received: 1_200_000, Sent: 6_000_000, HasBytes: true},
			{Addr: netip.MustParseAddr("127.0.0.1"), Connections: 2, Peers: []string{"curl"}},
		}
		a.ClientTotal, a.ClientAddresses, a.Elsewhere = 613, 40, 12
		resting := connection()
		resting.State, resting.ID = poller.StateTimeWait, 0xfeed
		a.Resting, a.RestingTotal, a.TimeLeft = []poller.Connection{resting}, 7, map[poller.ID]time.Duration{0xfeed: 12_100 * time.Millisecond}
		p.Services = []ports.Service{
			{Port: 443, Protocol: "tcp", Name: "https", Description: "HTTP over TLS", Registered: true},
			{Port: 443, Protocol: "udp", Name: "quic-ish", Description: "something else"},
		}
		p.Interface = func(a netip.Addr) string { return map[string]string{"10.0.0.5": "eth0"}[a.String()] }
		p.Processes = map[int32]*processes.Details{812: {
			Unit: processes.Fact[string]{Value: "nginx.service"}, Container: processes.Fact[string]{Note: "none"},
			Started: processes.Fact[time.Time]{Value: noon.Add(-25 * time.Hour)},
		}}
		p.Near = []uint16{8444, 8445}
		p.Before = []occupancy.Former{{Connection: held("0.0.0.0:443", 7, "apache2"), Gone: time.Now().Add(-2 * time.Minute)}}
	})
	doc := parse(t, PortPage(p))
	text := content(doc)
	for _, want := range []string{
		"443/tcp is held by nginx (PID 812) on 10.0.0.5 and 127.0.0.1, 613 clients; its backlog is full (129 of 128 wait to be accepted): new clients wait and then give up.",
		"https tcp HTTP over TLS", "quic-ish udp something else common use, not registered", "443 is a system port (0–1023).", "Ports below 1024 are privileged here",
		"8444 8445 as far as the table shows", "No, in no way: as ports below 1024 need root", "This is a prediction", "no, EACCES not allowed", "Waits on 443/tcp 2", "nginx.service", "1d 01h ago",
		"one address: 10.0.0.5 (eth0) IPv4", "loopback only IPv4", "129 of 128 · full", "Connected to 443/tcp 613 from 40 addresses", "203.0.113.96111.20 MB6.00 MB", "127.0.0.12––curl",
		"And 38 addresses more.", "12 connections of this machine use port 443 of others", "Holds 443/tcp without listening 7", "over, rests in TIME_WAIT", "13 s",
		"And 6 more in the live table", "apache2 (PID 7) listened on all IPv4 addresses until 2m 00s ago", "Try to bind it",
	} {
		if !said(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
	links := make(map[string]bool)
	for _, a := range find(doc, func(n *html.Node) bool { return n.Data == "a" }) {
		links[attr(a, "href")] = true
	}
	for _, want := range []string{"/?lport=443&proto=tcp&rip=203.0.113.9", "/?lport=443&proto=tcp", "/?rport=443&proto=tcp", "/connections/" + held("10.0.0.5:443", 812, "").ID.String(), "/ports/8444", "/ports/443.json"} {
		if !links[want] {
			t.Errorf("no link to %s in %v", want, links)
		}
	}
	if rows := find(doc, func(n *html.Node) bool { return n.Data == "tr" && has(n, "id") }); len(rows) != 5 {
		t.Errorf("%d rows", len(rows))
	}
	if live := byID(t, doc, "live"); attr(live, "data-mood") != "used" {
		t.Errorf("mood %q", attr(live, "data-mood"))
	}
	if part := parse(t, PortPart(p)); content(byID(t, part, "live")) != content(byID(t, doc, "live")) {
		t.Error("the part is not what the page has")
	}
}

// TestPortMood: the sign before the sentence.
func TestPortMood(t *testing.T) {
	for situation, want := range map[occupancy.Situation]string{
		occupancy.Free: "free", occupancy.Held: "used", occupancy.Resting: "used", occupancy.Unknown: "unknown", occupancy.Unseen: "unknown", occupancy.Left: "used",
	} {
		if got := answer(situation, nil).mood(); got != want {
			t.Errorf("%s looks %s", situation, got)
		}
	}
}

// TestTryIsAsked: the port is only tried through the form, whose address is that of the answer.
func TestTryIsAsked(t *testing.T) {
	doc := parse(t, PortPage(answer(occupancy.Free, func(p *PortAnswer, _ *occupancy.Answer) { p.Protocol, p.Notice = "tcp", "Not tried." })))
	var forms int
	for _, f := range find(doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == "/ports/443/tcp" }) {
		hidden := find(f, func(n *html.Node) bool { return attr(n, "name") == "try" })
		if attr(f, "method") != "get" || len(hidden) != 1 || attr(hidden[0], "value") != "1" {
			t.Errorf("form %v", f.Attr)
		}
		forms++
	}
	for _, a := range find(doc, func(n *html.Node) bool { return strings.Contains(attr(n, "href"), "try=") }) {
		t.Errorf("a link binds the port: %v", a.Attr)
	}
	if forms != 1 || !strings.Contains(content(doc), "Not tried.") {
		t.Errorf("%d forms: %s", forms, content(doc))
	}
}

// TestPortForm: the form with what could not be read; suggestions.
func TestPortForm(t *testing.T) {
	bad := answer(occupancy.Free, func(p *PortAnswer, _ *occupancy.Answer) { p.Text, p.Problem = "99999", "port must be 0 to 65535" })
	doc := parse(t, PortPage(bad))
	if n := byID(t, doc, "port-problem"); content(n) != bad.Problem || has(n, "hidden") {
		t.Errorf("problem: %v", n.Attr)
	}
	if attr(byID(t, doc, "port"), "value") != "99999" || strings.Contains(content(doc), "free") {
		t.Error("the page answers what it could not read")
	}
	good := answer(occupancy.Free, func(p *PortAnswer, a *occupancy.Answer) {
		p.Listening = []Suggestion{{Key: a.Key, Process: "ng\u202einx"}}
	})
	list := byID(t, parse(t, PortPage(good)), "known-ports")
	options := find(list, func(n *html.Node) bool { return n.Data == "option" })
	if len(options) != 1 || attr(options[0], "value") != "443/tcp" || content(options[0]) != "ng⟨U+202E⟩inx" {
		t.Errorf("%d suggestions: %s", len(options), content(list))
	}
}

// doors is a list with one of each exposure.
func doors() DoorPage {
	row := func(address string, protocol poller.Protocol, change func(*occupancy.Door)) occupancy.Door {
		c := held(address, 812, "nginx")
		c.Protocol = protocol
		d := occupancy.Door{Key: occupancy.Key{Port: c.Local.Port(), Protocol: protocol}, Reach: occupancy.ReachOf([]poller.Connection{c}), First: c, Sockets: 1}
		change(&d)
		return d
	}
	return DoorPage{
		Page: Page{Host: "host-7", Now: noon, Status: poller.Status{At: noon, Complete: true}}, Service: serviceName,
		Doors: []occupancy.Door{
			row("127.0.0.1:22", poller.TCP, func(d *occupancy.Door) { d.Clients = 3 }),
			row("[::]:443", poller.TCP, func(d *occupancy.Door) { d.New, d.Others, d.Full = true, 1, true }),
			row("0.0.0.0:443", poller.UDP, func(*occupancy.Door) {}),
			row("192.0.2.7:40000", poller.UDP, func(d *occupancy.Door) { d.Fleeting = true }),
		},
	}
}

func TestDoorList(t *testing.T) {
	doc := parse(t, DoorList(doors()))
	text := content(byID(t, doc, "live"))
	for _, want := range []string{
		"3 open ports, 2 of them reachable from other machines, 1 new.", "22/tcpsshnginx812", "loopback only 3", "443/tcp new shared backlog full", "all addresses",
		"443/udp", "all IPv4 addresses –", "1 more of UDP, on ports that the system hands out by itself",
	} {
		if !said(text, want) {
			t.Errorf("the list lacks %q: %s", want, text)
		}
	}
	if got := attr(byID(t, doc, "live"), "data-since"); got != "1795348800000" {
		t.Errorf("since %s", got)
	}
	options := find(byID(t, doc, "known-ports"), func(n *html.Node) bool { return n.Data == "option" })
	seen := make(map[string]bool)
	for _, o := range options {
		if seen[attr(o, "value")] {
			t.Errorf("%s is suggested twice", attr(o, "value"))
		}
		seen[attr(o, "value")] = true
	}
	if !seen["443/tcp"] || !seen["443/udp"] || !seen["postgresql"] || seen["40000/udp"] {
		t.Errorf("%d suggestions", len(options))
	}
	if empty := content(parse(t, DoorPart(DoorPage{}))); !strings.Contains(empty, "Nobody waits on any port.") {
		t.Error(empty)
	}
}

// TestHostilePorts: names from outside become neither markup nor misleading text on any page of ports.
//
//attack:j1
func TestHostilePorts(t *testing.T) {
	for _, name := range hostile {
		row := held("0.0.0.0:443", 5, name)
		row.User = name
		one := answer(occupancy.Held, func(p *PortAnswer, a *occupancy.Answer) {
			a.Listeners = []poller.Connection{row}
			a.Clients, a.ClientTotal = []occupancy.Client{{Addr: netip.MustParseAddr("::1"), Connections: 1, Peers: []string{name}}}, 1
			a.Bound, a.BoundTotal = []poller.Connection{row}, 1
			p.Before = []occupancy.Former{{Connection: row}}
			p.Listening = []Suggestion{{Key: a.Key, Process: name}}
			p.Processes = map[int32]*processes.Details{5: {Unit: processes.Fact[string]{Value: name}, Container: processes.Fact[string]{Value: name}}}
			p.Interface = func(netip.Addr) string { return name }
		})
		d := doors()
		d.Doors[0].First = row
		for page, component := range map[string]*html.Node{
			"answer": parse(t, PortPage(one)), "doors": parse(t, DoorList(d)),
			"spans":     parse(t, SpanTable(SpanPage{Page: d.Page, Stretches: []occupancy.Stretch{{Span: ports.Span{First: 443, Last: 443}, Answers: one.Answers}}, Service: serviceName})),
			"conflicts": parse(t, ConflictList(ConflictPage{Page: d.Page, Conflicts: []occupancy.Conflict{{Port: 443, Relation: occupancy.Twins, Rows: []poller.Connection{row}}}})),
		} {
			if bad := find(component, func(n *html.Node) bool {
				return n.Data == "img" || n.Data == "script" && !has(n, "src") || has(n, "onload") || has(n, "onerror")
			}); len(bad) != 0 {
				t.Errorf("%s: %q becomes markup", page, name)
			}
			if strings.ContainsAny(content(component), "\u202e\x00\x1b") {
				t.Errorf("%s: %q comes through as it is", page, name)
			}
		}
	}
}

// TestRowsHaveNames: the script finds what was there before by its id, so every row has one, and no two the same.
func TestRowsHaveNames(t *testing.T) {
	conflicts := ConflictPage{Page: Page{Host: "h", Now: noon}}
	for _, relation := range []occupancy.Relation{occupancy.Split, occupancy.Twins} {
		conflicts.Conflicts = append(conflicts.Conflicts, occupancy.Conflict{Port: 443, Relation: relation, Rows: []poller.Connection{held("0.0.0.0:443", 1, "a")}})
	}
	for name, doc := range map[string]*html.Node{"doors": parse(t, DoorList(doors())), "conflicts": parse(t, ConflictList(conflicts))} {
		seen := make(map[string]bool)
		for _, n := range find(doc, func(n *html.Node) bool { return has(n, "id") }) {
			if seen[attr(n, "id")] {
				t.Errorf("%s: two elements are called %s", name, attr(n, "id"))
			}
			seen[attr(n, "id")] = true
		}
		for _, tr := range find(byID(t, doc, "live"), func(n *html.Node) bool { return n.Data == "tr" && n.Parent.Data == "tbody" }) {
			if !has(tr, "id") {
				t.Errorf("%s: a row without a name: %s", name, content(tr))
			}
		}
	}
}

func TestSpanWords(t *testing.T) {
	free := occupancy.Answer{Key: occupancy.Key{Port: 80, Protocol: poller.TCP}, Situation: occupancy.Free, Can: occupancy.CanYes}
	used := answer(occupancy.Held, func(_ *PortAnswer, a *occupancy.Answer) {
		a.Listeners = []poller.Connection{held("0.0.0.0:443", 812, "nginx")}
	}).Answers
	page := SpanPage{
		Page: Page{Host: "h", Now: noon}, Spans: ports.Spans{{First: 80, Last: 81}, {First: 443, Last: 443}}, Protocol: "tcp", Service: serviceName,
		Stretches: []occupancy.Stretch{{Span: ports.Span{First: 80, Last: 81}, Answers: []*occupancy.Answer{&free}}, {Span: ports.Span{First: 443, Last: 443}, Answers: used}},
	}
	text := content(byID(t, parse(t, SpanTable(page)), "live"))
	for _, want := range []string{"1 of 3 ports is in use.", "80-81 2 ports free", "443 https is held by nginx (PID 812) on all IPv4 addresses, no clients"} {
		if !said(text, want) {
			t.Errorf("the table lacks %q: %s", want, text)
		}
	}
	if page.More = true; !strings.Contains(content(parse(t, SpanPart(page))), "More than 1 of 3 ports") {
		t.Error("what is left out is not told")
	}
}

func TestConflictPage(t *testing.T) {
	all := ConflictPage{Page: Page{Host: "h", Now: noon}}
	if text := content(parse(t, ConflictList(all))); !strings.Contains(text, "No port has more than one holder.") {
		t.Error(text)
	}
	for _, relation := range []occupancy.Relation{
		occupancy.Twins, occupancy.Families, occupancy.Apart, occupancy.Nested, occupancy.Waiting, occupancy.Departs, occupancy.Split,
	} {
		c := occupancy.Conflict{Port: 443, Protocol: poller.TCP, Relation: relation, Rows: []poller.Connection{held("0.0.0.0:443", 1, "a"), held("0.0.0.0:443", 2, "b")}}
		all.Conflicts = []occupancy.Conflict{c}
		text := content(parse(t, ConflictList(all)))
		if relationWords(relation) == "" || c.Why() == "" || !strings.Contains(text, c.Why()) || !strings.Contains(text, relationWords(relation)) ||
			!strings.Contains(text, "One port has more than one holder.") {
			t.Errorf("%s: %s", relation, text)
		}
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
