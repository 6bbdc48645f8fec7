package occupancy

import (
	"strings"
	"testing"
	"time"

	"sockeye/poller"
	"sockeye/ports"
)

// at returns a key of TCP.
func at(port uint16) Key { return Key{port, poller.TCP} }

// TestSituations: what is said of a port by its sockets. The same is judged on real sockets in package e2e.
func TestSituations(t *testing.T) {
	full := listens(1, "127.0.0.1:80", 1)
	full.Known, full.ReceiveQueue, full.SendQueue = poller.KnownQueues, 129, 128
	roomy := full
	roomy.ReceiveQueue = 128
	passive := sock(2, "tcp", poller.StateEstablished, "127.0.0.1:40000", "127.0.0.1:5", 3)
	passive.Opening = poller.OpenedPassively
	mapped := sock(4, "tcp", poller.StateListen, "192.0.2.7:8080", nowhere, 1)
	mapped.Family = poller.IPv6
	for _, test := range []struct {
		name      string
		key       Key
		sockets   []poller.Socket
		situation Situation
		can       Can
		sentence  string
	}{
		{"free", at(8080), nil, Free, CanYes, "8080/tcp seems free: no socket of this machine holds it."},
		{"free to be taken", at(40000), nil, Free, CanYes, "8080"},
		{"privileged", at(80), nil, Free, CanNo, "80/tcp is free, but not for this program: ports below 1024 need root or CAP_NET_BIND_SERVICE, which this program does not have."},
		{"held", at(443), []poller.Socket{listens(1, "0.0.0.0:443", 1)}, Held, CanNo, "443/tcp is held by nginx (PID 1) on all IPv4 addresses, no clients."},
		{"both families", at(8080), []poller.Socket{listens(1, "0.0.0.0:8080", 1), only(listens(2, "[::]:8080", 1))}, Held, CanNo,
			"8080/tcp is held by nginx (PID 1) on all addresses, no clients."},
		{"dual", at(8080), []poller.Socket{listens(1, "[::]:8080", 1)}, Held, CanNo, "8080/tcp is held by nginx (PID 1) on all addresses, no clients."},
		{"IPv6 alone", at(8080), []poller.Socket{only(listens(1, "[::]:8080", 1))}, Held, CanPartly, "8080/tcp is held by nginx (PID 1) on all IPv6 addresses, no clients."},
		{"loopback", at(8080), []poller.Socket{listens(1, "127.0.0.1:8080", 1), listens(2, "[::1]:8080", 1)}, Held, CanNo, "8080/tcp is held by nginx (PID 1) on loopback only, no clients."},
		{"an address in IPv6 form", at(8080), []poller.Socket{mapped}, Held, CanPartly, "8080/tcp is held by nginx (PID 1) on 192.0.2.7, no clients."},
		{"clients", at(8080), []poller.Socket{listens(1, "0.0.0.0:8080", 1), sock(2, "tcp", poller.StateEstablished, "192.0.2.7:8080", "198.51.100.1:9", 1)}, Held, CanPartly,
			"8080/tcp is held by nginx (PID 1) on all IPv4 addresses, 1 client."},
		{"unknown owner", at(8080), []poller.Socket{listens(1, "0.0.0.0:8080", 0)}, Held, CanPartly, "8080/tcp is held by an unknown process on all IPv4 addresses, no clients."},
		{"nothing but a PID", at(8080), []poller.Socket{listens(1, "0.0.0.0:8080", 9)}, Held, CanPartly, "8080/tcp is held by an unknown process (PID 9) on all IPv4 addresses, no clients."},
		{"PIDs are holders", at(5432), []poller.Socket{listens(1, "0.0.0.0:5432", 8), only(listens(2, "[::]:5432", 9))}, Several, CanNo,
			"5432/tcp: two listeners, v4 by an unknown process (PID 8), v6 by an unknown process (PID 9), no clients."},
		{"two families", at(5432), []poller.Socket{listens(1, "0.0.0.0:5432", 1), only(listens(2, "[::]:5432", 2))}, Several, CanNo,
			"5432/tcp: two listeners, v4 by nginx (PID 1), v6 by docker-proxy (PID 2), no clients."},
		{"two addresses", at(5432), []poller.Socket{listens(1, "127.0.0.1:5432", 1), listens(2, "192.0.2.7:5432", 2)}, Several, CanPartly,
			"5432/tcp: two listeners, loopback only by nginx (PID 1), 192.0.2.7 by docker-proxy (PID 2), no clients."},
		{"twins", at(5432), []poller.Socket{listens(1, "0.0.0.0:5432", 1), listens(2, "0.0.0.0:5432", 2)}, Shared, CanPartly,
			"5432/tcp is shared by two listeners on all IPv4 addresses: nginx (PID 1) and docker-proxy (PID 2), no clients."},
		{"twins in a dual socket", at(5432), []poller.Socket{listens(1, "0.0.0.0:5432", 1), listens(2, "[::]:5432", 2)}, Shared, CanNo,
			"5432/tcp is shared by two listeners on all addresses: nginx (PID 1) and docker-proxy (PID 2), no clients."},
		{"UDP", Key{5353, poller.UDP}, []poller.Socket{sock(1, "udp", poller.StateNone, "0.0.0.0:5353", nowhere, 1), sock(2, "udp", poller.StateNone, "0.0.0.0:5353", nowhere, 2)}, Shared, CanPartly,
			"5353/udp is shared by two sockets on all IPv4 addresses: nginx (PID 1) and docker-proxy (PID 2)."},
		{"UDP apart", at(5353), []poller.Socket{sock(1, "udp", poller.StateNone, "0.0.0.0:5353", nowhere, 1)}, Free, CanYes, "5353/tcp seems free: no socket of this machine holds it."},
		{"bound", at(8080), []poller.Socket{sock(1, "tcp", poller.StateClosed, "127.0.0.1:8080", nowhere, 1)}, Bound, CanPartly,
			"8080/tcp is bound by nginx (PID 1) on loopback only, but nobody listens there: clients are refused."},
		{"outgoing", at(40000), []poller.Socket{sock(1, "tcp", poller.StateEstablished, "192.0.2.7:40000", "198.51.100.1:443", 3)}, Outgoing, CanPartly,
			"40000/tcp is taken by an outgoing connection of curl (PID 3) to 198.51.100.1:443; it is one of the ports that the system hands out by itself (32768 to 60999)."},
		{"outgoing, chosen", at(8080), []poller.Socket{sock(1, "tcp", poller.StateSynSent, "192.0.2.7:8080", "198.51.100.1:443", 3), sock(2, "tcp", poller.StateSynSent, "192.0.2.7:8080", "198.51.100.2:443", 3)},
			Outgoing, CanPartly, "8080/tcp is taken by 2 outgoing connections of curl (PID 3)."},
		{"left", at(80), []poller.Socket{sock(1, "tcp", poller.StateCloseWait, "192.0.2.7:80", "198.51.100.1:443", 1)}, Left, CanNo,
			"Nobody listens on 80/tcp, but 1 connection of nginx (PID 1) that came in before is still there."},
		{"came in by the kernel's word", at(40000), []poller.Socket{passive}, Left, CanPartly, "Nobody listens on 40000/tcp, but 1 connection of curl (PID 3) that came in before is still there."},
		{"TIME_WAIT", at(8080), []poller.Socket{sock(1, "tcp", poller.StateTimeWait, "192.0.2.7:8080", "198.51.100.1:443", 0), sock(2, "tcp", poller.StateFinWait2, "192.0.2.7:8080", "198.51.100.1:444", 0)},
			Resting, CanPartly, "No process holds 8080/tcp, but 2 connections that are over rest in TIME_WAIT: until then it can be bound only with SO_REUSEADDR."},
		{"full", at(80), []poller.Socket{full}, Held, CanNo,
			"80/tcp is held by nginx (PID 1) on loopback only, no clients; its backlog is full (129 of 128 wait to be accepted): new clients wait and then give up."},
		{"not full", at(80), []poller.Socket{roomy}, Held, CanNo, "80/tcp is held by nginx (PID 1) on loopback only, no clients."},
		{"asked for, not accepted", at(8080), []poller.Socket{sock(1, "tcp", poller.StateSynReceived, "192.0.2.7:8080", "198.51.100.1:443", 0)}, Left, CanYes,
			"Nobody listens on 8080/tcp, but 1 connection of an unknown process that came in before is still there."},
	} {
		a := describe(t, test.key, test.sockets...)
		want := test.sentence
		if test.name == "free to be taken" {
			want = "40000/tcp seems free: no socket of this machine holds it; an outgoing connection may take it at any moment."
		}
		if got := a.Sentence(as); got != want || a.Situation != test.situation || a.Can != test.can {
			t.Errorf("%s: %s, can bind %s, want %s, %s\ngot  %s\nwant %s", test.name, a.Situation, a.Can, test.situation, test.can, got, want)
		}
	}
}

// TestTimeLeft: the longest rest is told, in whole seconds.
func TestTimeLeft(t *testing.T) {
	a := describe(t, at(8080), sock(1, "tcp", poller.StateTimeWait, "192.0.2.7:8080", "198.51.100.1:443", 0), sock(2, "tcp", poller.StateTimeWait, "192.0.2.7:8080", "198.51.100.1:444", 0))
	a.TimeLeft = map[poller.ID]time.Duration{1: 200 * time.Millisecond, 2: 12_001 * time.Millisecond, 3: time.Hour}
	if got := a.Sentence(as); !strings.Contains(got, "rest in TIME_WAIT for 13 s more: until then") {
		t.Error(got)
	}
}

// outcomes are those of a trial that a function judges.
func outcomes(judge func(o *ports.Outcome)) []ports.Outcome {
	var all []ports.Outcome
	for _, place := range ports.Places(false) {
		for _, reuse := range [...]bool{false, true} {
			o := ports.Outcome{Place: place, Reuse: reuse}
			judge(&o)
			all = append(all, o)
		}
	}
	return all
}

// TestTried: a trial is told in place of the prediction, whatever came of it.
func TestTried(t *testing.T) {
	yes := func(o *ports.Outcome) { o.Verdict = ports.Yes }
	fails := func(errno string) func(*ports.Outcome) {
		return func(o *ports.Outcome) { o.Verdict, o.Errno, o.Reason = ports.No, errno, "it is so" }
	}
	for _, test := range []struct {
		name      string
		port      uint16
		judge     func(*ports.Outcome)
		ago       time.Duration
		situation Situation
		can       Can
		sentence  string
		words     string
	}{
		{"free", 8080, yes, 0, Free, CanYes, "8080/tcp is free: I just bound and released it on 0.0.0.0 and ::.", "Yes, on all addresses, without any option. This was tried."},
		{"a while ago", 8080, yes, 12 * time.Second, Free, CanYes, "8080/tcp is free: I bound and released it 12 s ago on 0.0.0.0 and ::.", "This was tried."},
		{"not allowed", 80, fails("EACCES"), 0, Free, CanNo, "80/tcp is free, but I could not bind it: EACCES, as ports below 1024 need root or CAP_NET_BIND_SERVICE.",
			"No, in no way: as ports below 1024 need root or CAP_NET_BIND_SERVICE. This was tried."},
		{"forbidden", 8080, fails("EPERM"), 0, Free, CanNo, "8080/tcp is free, but I could not bind it: EPERM, it is so.", "No, in no way: it is so."},
		{"hidden", 8080, fails("EADDRINUSE"), 0, Unseen, CanNo,
			"8080/tcp cannot be bound everywhere, as it is in use (EADDRINUSE), though no socket of it is seen: its holder is hidden from this program.", "No, in no way: it is so."},
		{"IPv4 alone", 8080, func(o *ports.Outcome) {
			if yes(o); o.Addr.Is6() {
				fails("EAFNOSUPPORT")(o)
			}
		}, 0, Free, CanPartly, "8080/tcp is free in part: I just bound and released it on 0.0.0.0, but not on every address.", "In part: on 0.0.0.0 and 127.0.0.1. This was tried."},
		{"with the option", 8080, func(o *ports.Outcome) {
			if yes(o); !o.Reuse {
				fails("EADDRINUSE")(o)
			}
		}, 0, Unseen, CanPartly, "", "In part: with SO_REUSEADDR on 0.0.0.0, ::, :: with IPv4, 127.0.0.1 and ::1."},
		{"no address of loopback", 8080, func(o *ports.Outcome) {
			if yes(o); !o.Wildcard() {
				fails("EADDRNOTAVAIL")(o)
			}
		}, 0, Free, CanYes, "8080/tcp is free: I just bound and released it on 0.0.0.0 and ::.", "Yes, on all addresses"},
	} {
		a := describe(t, at(test.port))
		a.Try(outcomes(test.judge), a.Now.Add(-test.ago))
		if got := a.Sentence(as); a.Situation != test.situation || a.Can != test.can || test.sentence != "" && got != test.sentence || !strings.Contains(a.CanWords(), test.words) || !a.IsTried() {
			t.Errorf("%s: %s, can bind %s\ngot  %s\nwant %s\n%s", test.name, a.Situation, a.Can, got, test.sentence, a.CanWords())
		}
	}
}

// TestBoth: of two protocols that are alike the sentence is one; else it has two parts.
func TestBoth(t *testing.T) {
	both := func(port uint16, sockets ...poller.Socket) string {
		return Sentence([]*Answer{describe(t, at(port), sockets...), describe(t, Key{port, poller.UDP}, sockets...)}, as)
	}
	if got := both(8080); got != "Port 8080 seems free for TCP and UDP: no socket of this machine holds it." {
		t.Error(got)
	}
	if got := both(80); !strings.HasPrefix(got, "Port 80 is free for TCP and UDP, but not for this program") {
		t.Error(got)
	}
	if got := both(8080, listens(1, "0.0.0.0:8080", 1)); got != "8080/tcp is held by nginx (PID 1) on all IPv4 addresses, no clients; 8080/udp seems free: no socket of this machine holds it." {
		t.Error(got)
	}
}

// TestNames: foreign text goes through the writer that was given.
func TestNames(t *testing.T) {
	a := describe(t, at(8080), listens(1, "0.0.0.0:8080", 1))
	a.Listeners[0].User = "www-data"
	if got := a.Sentence(strings.ToUpper); got != "8080/tcp is held by NGINX (PID 1, WWW-DATA) on all IPv4 addresses, no clients." {
		t.Error(got)
	}
	a.Listeners[0].Owner, a.Listeners[0].PID = nil, 0
	if got := a.Sentence(strings.ToUpper); got != "8080/tcp is held by an unknown process of WWW-DATA on all IPv4 addresses, no clients." {
		t.Error(got)
	}
}

// TestClients: connections are counted by the address they come from, with their bytes and, on this machine, the
// process there.
func TestClients(t *testing.T) {
	var sockets []poller.Socket
	sockets = append(sockets, listens(1, "0.0.0.0:8080", 1))
	for i := range 60 {
		c := sock(poller.ID(100+i), "tcp", poller.StateEstablished, "192.0.2.7:8080", "198.51.100.1:9", 1)
		c.Remote = addrOf(byte(i/3), uint16(1000+i))
		c.Known, c.BytesReceived, c.BytesSent = poller.KnownBytes, uint64(i), 10
		sockets = append(sockets, c)
	}
	for i := range 60 {
		c := sock(poller.ID(200+i), "tcp", poller.StateEstablished, "192.0.2.7:8080", "198.51.100.1:9", 1)
		c.Remote = addrOf(byte(100+i), 7)
		sockets = append(sockets, c)
	}
	near := sock(300, "tcp", poller.StateEstablished, "127.0.0.1:8080", "127.0.0.1:40000", 1)
	far := sock(301, "tcp", poller.StateEstablished, "127.0.0.1:40000", "127.0.0.1:8080", 3)
	elsewhere := sock(302, "tcp", poller.StateEstablished, "192.0.2.7:40001", "203.0.113.1:8080", 3)
	a := describe(t, at(8080), append(sockets, near, far, elsewhere)...)
	if a.ClientTotal != 121 || a.ClientAddresses != 81 || len(a.Clients) != maxClients || len(a.Connections) != 121 || a.Elsewhere != 1 {
		t.Errorf("%d connections, %d addresses, %d shown, %d elsewhere", a.ClientTotal, a.ClientAddresses, len(a.Clients), a.Elsewhere)
	}
	if c := a.Clients[0]; c.Connections != 3 || c.Received != 57+58+59 || c.Sent != 30 || !c.HasBytes {
		t.Errorf("%+v", c)
	}
	for i, c := range a.Clients[1:] {
		if c.Connections > a.Clients[i].Connections {
			t.Errorf("%+v before %+v", a.Clients[i], c)
		}
	}
	local := describe(t, at(8080), listens(1, "0.0.0.0:8080", 1), near, far)
	if len(local.Clients) != 1 || strings.Join(local.Clients[0].Peers, " ") != "curl" || local.Clients[0].HasBytes || local.Elsewhere != 0 {
		t.Errorf("%+v", local.Clients)
	}
}

// TestManyRows: an answer has the first of many rows, and counts all.
func TestManyRows(t *testing.T) {
	var sockets []poller.Socket
	for i := range 250 {
		c := sock(poller.ID(1+i), "tcp", poller.StateTimeWait, "192.0.2.7:8080", "198.51.100.1:9", 0)
		c.Remote = addrOf(1, uint16(1000+i))
		sockets = append(sockets, c)
	}
	if a := describe(t, at(8080), sockets...); len(a.Resting) != 200 || a.RestingTotal != 250 || !strings.Contains(a.Sentence(as), "250 connections") {
		t.Errorf("%d of %d", len(a.Resting), a.RestingTotal)
	}
}
