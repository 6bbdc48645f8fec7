package views

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"sockeye/explain"
	"sockeye/past"
	"sockeye/poller"
	"sockeye/poller/sockdiag"
	"sockeye/processes"
)

// inspected is the established connection of the fixtures, nine minutes after its peer closed.
func inspected() Inspector {
	c := connection()
	c.State, c.ReceiveQueue = poller.StateCloseWait, 0
	c.Opened, c.FirstSeen = noon.Add(-time.Hour), noon.Add(-time.Hour)
	d := &sockdiag.Detail{Congestion: "cubic"}
	d.State, d.HasInfo, d.TCP = sockdiag.CloseWait, true, sockdiag.TCPInfo{Len: sockdiag.LenTotalRTO, RTT: 12_500, SndMSS: 1448, SndCwnd: 10}
	sibling, peer := listener(), listener()
	sibling.ID, peer.ID = 0x51, 0x52
	return Inspector{
		Page:       Page{Host: "host-7", Build: "b", Now: noon, Status: poller.Status{Seq: 9, At: noon}},
		Connection: c, Detail: d, Service: serviceName, Origin: "http://localhost:8080",
		Steps:   []past.Step{{From: poller.StateEstablished, To: poller.StateCloseWait, At: noon.Add(-9 * time.Minute), After: noon.Add(-9*time.Minute - time.Second)}},
		Samples: []past.Sample{{At: noon.Add(-2 * time.Second)}, {At: noon.Add(-time.Second), SendRate: 500, HasRates: true}, {At: noon, SendRate: 1000, ReceiveRate: 20, HasRates: true}},
		Process: processDetails(), Siblings: []poller.Connection{sibling}, SiblingsTotal: 31, Peer: &peer,
		Name: func(a netip.Addr) string { return map[string]string{"203.0.113.9": "client.example"}[a.String()] },
	}
}

// processDetails are those of a process of which all but its folder is known.
func processDetails() *processes.Details {
	return &processes.Details{
		PID: 812, Start: 7, Name: "nginx",
		Executable: processes.Fact[string]{Value: "/usr/sbin/nginx"}, Args: processes.Fact[[]string]{Value: []string{"nginx", "-g", "daemon off; it's"}},
		Directory: processes.Fact[string]{Note: "the right to look at it is missing"}, User: processes.Fact[string]{Value: "www-data"},
		Parents: processes.Fact[[]processes.Parent]{Value: []processes.Parent{{PID: 1, Name: "systemd"}}},
		Unit:    processes.Fact[string]{Value: "nginx.service"}, Resident: processes.Fact[uint64]{Value: 12_300_000},
		CPU: processes.Fact[time.Duration]{Value: 1500 * time.Millisecond}, Descriptors: processes.Fact[uint64]{Value: 1020}, DescriptorLimit: processes.Fact[uint64]{Value: 1024},
	}
}

// textOf returns the words of an element, their spaces made one.
func textOf(n *html.Node) string { return strings.Join(strings.Fields(content(n)), " ") }

// TestInspector: the page says all that is known of the connection, with its reasons.
func TestInspector(t *testing.T) {
	doc := parse(t, InspectorPage(inspected()))
	text := textOf(byID(t, doc, "connection"))
	for _, part := range []string{
		"The other end finished 9 minutes ago; nginx (PID 812) has not closed its end.",
		"10.0.0.5:443", "https · a private network", "203.0.113.9:51844", "client.example · an address for books",
		"TCP over IPv4", "the other end opened it", "12.3 kB", "6.00 MB", "On average",
		"nginx -g 'daemon off; it'\\''s'", "/usr/sbin/nginx", "the right to look at it is missing", "nginx.service", "12.3 MB", "1.50 s", "1,020 of 1,024",
		"systemd 1", "Other connections of this process (31)", "All 32 in the table", "Congestion control congcubic", "Round trip rtt12.5 ms", "1,448 B", "10 segments",
		"LISTEN", "In this state 9m 00s",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page does not say %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "%!") {
		t.Error(text)
	}
	seen := map[string]bool{}
	for _, n := range find(doc, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if seen[attr(n, "id")] {
			t.Errorf("two elements have the id %s", attr(n, "id"))
		}
		seen[attr(n, "id")] = true
	}
}

// TestInspectorCopies: what can be copied is ready to be pasted.
func TestInspectorCopies(t *testing.T) {
	doc := parse(t, InspectorPage(inspected()))
	for id, want := range map[string]string{
		"clip-link": "http://localhost:8080/connections/beef",
		"clip-curl": "curl -s http://localhost:8080/connections/beef.json",
		"clip-ss":   "ss -atinemop 'src 10.0.0.5:443 and dst 203.0.113.9:51844'",
		"clip-row":  "tcp\tCLOSE_WAIT\t10.0.0.5:443\t203.0.113.9:51844\tnginx\t812\twww-data\t1h 00m\t12.3 kB\t6.00 MB",
	} {
		if got := attr(byID(t, doc, id), "value"); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
	l := listener()
	if got := ssCommand(&l); got != "ss -atinemop 'src :22'" {
		t.Errorf("listener: %s", got)
	}
	l.Protocol, l.Local = poller.UDP, netip.MustParseAddrPort("[fe80::1%eth0]:53")
	if got := ssCommand(&l); got != "ss -auinemop 'src [fe80::1]:53'" {
		t.Errorf("UDP: %s", got)
	}
}

// TestTombstone: what is over says so, keeps its last values and is not said to age.
func TestTombstone(t *testing.T) {
	i := inspected()
	i.Over, i.Ended, i.Between, i.Detail, i.DetailNote, i.Process, i.Peer = true, noon.Add(-time.Minute), true, nil, "nothing is counted", nil, nil
	doc := parse(t, InspectorPage(i))
	article := byID(t, doc, "connection")
	text := textOf(article)
	if !has(article, "data-over") {
		t.Error("the script cannot tell that it is over")
	}
	for _, part := range []string{"Ended 11:59:00 UTC · last known values", "This connection is over", "nothing is counted", "only its end was heard of", "Age 59m 00s"} {
		if !strings.Contains(text, part) {
			t.Errorf("the page does not say %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "In this state") {
		t.Error("it is said to be in a state")
	}
}

// TestInspectorUnknown: of a connection of which nothing is known but its ends, nothing is said to be 0.
func TestInspectorUnknown(t *testing.T) {
	c := listener()
	i := Inspector{Page: Page{Now: noon}, Connection: c, DetailNote: "the source cannot tell", Origin: "http://h"}
	text := textOf(parse(t, InspectorPage(i)))
	for _, part := range []string{"the source cannot tell", c.OwnerNote.String(), "it was there when sockeye first looked", "begins when somebody looks"} {
		if !strings.Contains(text, part) {
			t.Errorf("the page does not say %q:\n%s", part, text)
		}
	}
	c.Protocol, c.State, c.Direction = poller.UDP, poller.StateNone, poller.DirectionUnknown
	i.Connection = c
	doc := parse(t, InspectorPage(i))
	if len(find(doc, func(n *html.Node) bool { return attr(n, "class") == "diagram" })) != 0 {
		t.Error("UDP has a state diagram")
	}
}

// TestInspectorHostile: names are text, on the page, in the panel and in what is copied.
//
//attack:j1
func TestInspectorHostile(t *testing.T) {
	for _, name := range hostile {
		i := inspected()
		i.Connection.Owner = &poller.Process{PID: 1, Start: 1, Name: name}
		i.Connection.User = name
		i.Process.Args.Value, i.Process.Executable.Value, i.Process.Unit.Value = []string{name, name}, name, name
		i.Process.Parents.Value[0].Name = name
		i.Name = func(netip.Addr) string { return name }
		for _, text := range []string{render(t, InspectorPage(i)), render(t, InspectorPanel(i))} {
			if strings.Contains(text, "<img") || strings.Contains(text, "<svg onload") || strings.Contains(text, "<script>alert") {
				t.Errorf("%q became markup", name)
			}
			for _, bad := range []string{"\u202e", "\x1b", "\x00", "\xff"} {
				if strings.Contains(text, bad) {
					t.Errorf("%q is shown with %q in it", name, bad)
				}
			}
		}
	}
}

// TestPanel is the same article, without scripts, and a sentence where there is none.
func TestPanel(t *testing.T) {
	i := inspected()
	page, panel := parse(t, InspectorPage(i)), parse(t, InspectorPanel(i))
	if textOf(byID(t, page, "connection")) != textOf(byID(t, panel, "connection")) {
		t.Error("panel and page differ")
	}
	if len(find(panel, func(n *html.Node) bool { return n.Data == "script" || n.Data == "link" })) != 0 {
		t.Error("the panel loads something")
	}
	none := byID(t, parse(t, NoInspector(7, "It is not known.")), "connection")
	if !has(none, "data-over") || attr(none, "data-id") != "7" || textOf(none) != "It is not known." {
		t.Errorf("nothing to show: %s", textOf(none))
	}
}

// TestStatesPage: every state is explained, with the way to the sockets that are in it.
func TestStatesPage(t *testing.T) {
	p := States{Page{Host: "h", Now: noon, Status: poller.Status{At: noon}}}
	p.Status.Counts[poller.StateCloseWait], p.Status.Counts[poller.StateListen] = 1, 2
	doc := parse(t, StatesPage(p))
	for _, s := range poller.States() {
		section := byID(t, doc, s.String())
		links := find(section, func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") == "/?state="+s.String() })
		if len(links) != 1 || len(content(section)) < 200 {
			t.Errorf("%v: %d links, %d characters", s, len(links), len(content(section)))
		}
	}
	if text := textOf(doc); !strings.Contains(text, "One socket in this state now") || !strings.Contains(text, "2 sockets in this state now") {
		t.Error("the numbers of sockets are not told")
	}
}

// TestMillis writes times in three digits.
func TestMillis(t *testing.T) {
	for ms, want := range map[float64]string{0: "0.00 ms", 0.05: "0.05 ms", 12.5: "12.5 ms", 204: "204 ms", 1500: "1.50 s", 90_000: "1m 30s"} {
		if got := Millis(ms); got != want {
			t.Errorf("%v: %q, want %q", ms, got, want)
		}
	}
}

// TestShellWord: what is pasted into a shell is one word and the same text.
func TestShellWord(t *testing.T) {
	for s, want := range map[string]string{"a": "a", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "-v": "-v", "http://h:1/a": "http://h:1/a"} {
		if got := shellWord(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	long := commandLine([]string{strings.Repeat("x", 5000)})
	if n := len([]rune(long)); n != maxCommand+1 || !strings.HasSuffix(long, "…") {
		t.Errorf("a long command line has %d characters", n)
	}
}

// TestCurve: rates become two lines within the picture.
func TestCurve(t *testing.T) {
	if c := curveOf(inspected().Samples[:2]); c.Received != "" {
		t.Errorf("a line out of one point: %+v", c)
	}
	c := curveOf(inspected().Samples)
	if c.Top != 1000 || c.Span != time.Second || c.Sent != "0.0,28.0 320.0,2.0" || !strings.Contains(c.Label, "1.00 kB/s") {
		t.Errorf("%+v", c)
	}
	rapid.Check(t, func(t *rapid.T) {
		var samples []past.Sample
		at := noon
		for range rapid.IntRange(2, 20).Draw(t, "n") {
			at = at.Add(time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "dt")))
			samples = append(samples, past.Sample{At: at, ReceiveRate: rapid.Float64Range(0, 1e12).Draw(t, "rx"), SendRate: rapid.Float64Range(0, 1e12).Draw(t, "tx"), HasRates: true})
		}
		c := curveOf(samples)
		for pair := range strings.FieldsSeq(c.Received + " " + c.Sent) {
			x, y, _ := strings.Cut(pair, ",")
			xf, errX := strconv.ParseFloat(x, 64)
			yf, errY := strconv.ParseFloat(y, 64)
			if errX != nil || errY != nil || xf < 0 || xf > curveWidth || yf < 0 || yf > curveHeight || math.IsNaN(xf) {
				t.Fatalf("point %s", pair)
			}
		}
	})
}

// TestDiagram: the way of the socket is marked, its place once, and all of it is said in words.
func TestDiagram(t *testing.T) {
	i := inspected()
	d := diagramOf(i.Way(), false)
	classes := map[string]string{}
	for _, b := range d.Boxes {
		name := b.State.String()
		if b.End {
			name += " at the end"
		}
		classes[name] = b.Class
	}
	for name, want := range map[string]string{
		"LISTEN": "usual", "SYN_RECEIVED": "usual", "ESTABLISHED": "seen", "CLOSE_WAIT": "here", "LAST_ACK": "", "CLOSED": "", "CLOSED at the end": "",
	} {
		if classes[name] != want {
			t.Errorf("%s is %q, want %q", name, classes[name], want)
		}
	}
	for _, a := range d.Arrows {
		if want := map[poller.State]string{poller.StateCloseWait: "seen", poller.StateSynReceived: "usual"}[a.To]; a.From == poller.StateEstablished && a.Class != want {
			t.Errorf("%v to %v is %q", a.From, a.To, a.Class)
		}
		if a.X1 == a.X2 && a.Y1 == a.Y2 || math.IsNaN(a.X1+a.Y2) || a.Head == "" {
			t.Errorf("arrow %+v", a)
		}
	}
	if !strings.Contains(d.Label, "SYN_RECEIVED (not seen), ESTABLISHED, CLOSE_WAIT. It is in CLOSE_WAIT now.") {
		t.Error(d.Label)
	}
	over := diagramOf(i.Way(), true)
	for _, b := range over.Boxes {
		if b.Class == "here" {
			t.Errorf("a connection that is over is in %v", b.State)
		}
	}
	if !strings.Contains(over.Label, "is over") || !strings.Contains(diagramOf(nil, false).Label, "list below") {
		t.Error(over.Label)
	}
	for _, b := range d.Boxes {
		if b.X-boxWidth/2 < 0 || b.X+boxWidth/2 > diagramWidth || b.Y+boxHeight/2 > diagramHeight {
			t.Errorf("%v is outside", b.State)
		}
	}
	closed := diagramOf([]explain.Visit{{State: poller.StateClosed}, {State: poller.StateSynSent, Seen: true}}, false)
	if closed.Boxes[0].Class != "usual" || closed.Boxes[len(closed.Boxes)-1].Class != "" {
		t.Errorf("CLOSED stands at the wrong end: %+v", closed.Boxes)
	}
}
