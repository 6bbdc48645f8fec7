package web

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/poller"
)

// wire is a viewer that writes its frames by hand.
type wire struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// handshake is the request that opens the live view, and what stands in it.
const handshake = "GET /live HTTP/1.1\r\nHost: %s\r\nOrigin: http://%[1]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

// connect opens a connection and sends the handshake, more lines of it, and what comes right behind it.
func (h *house) connect(t *testing.T, lines, behind string) *wire {
	t.Helper()
	host := strings.TrimPrefix(h.url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	w := &wire{t, conn, bufio.NewReader(conn)}
	w.send(fmt.Appendf(nil, handshake, host), []byte(lines+"\r\n"+behind))
	return w
}

// answer reads the answer to the handshake.
func (w *wire) answer() *http.Response {
	w.t.Helper()
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// sit opens a live view and takes hello and snap.
func (h *house) sit(t *testing.T) *wire {
	t.Helper()
	w := h.connect(t, "", "")
	if res := w.answer(); res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res.Status)
	}
	for range 2 {
		if op, _ := w.frame(); op != opText {
			t.Fatalf("opcode %d", op)
		}
	}
	return w
}

// send writes bytes as they are. The server may have closed already; what it said is read by others.
func (w *wire) send(parts ...[]byte) {
	for _, b := range parts {
		if _, err := w.conn.Write(b); err != nil {
			w.t.Logf("write: %v", err)
			return
		}
	}
}

// frame reads one frame; opcode -1 is the end of the connection.
func (w *wire) frame() (op int, payload []byte) {
	w.t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(w.r, head); err != nil {
		return -1, nil
	}
	length := uint64(head[1])
	if extra := map[byte]int{126: 2, 127: 8}[head[1]]; extra > 0 {
		more := make([]byte, 8)
		if _, err := io.ReadFull(w.r, more[8-extra:]); err != nil {
			return -1, nil
		}
		length = binary.BigEndian.Uint64(more)
	}
	payload = make([]byte, length)
	if _, err := io.ReadFull(w.r, payload); err != nil {
		return -1, nil
	}
	return int(head[0] & 0xf), payload
}

// end reads until the server says goodbye, and returns its code and reason, 0 where the connection ended without. It
// leaves without an answer.
func (w *wire) end() (code uint16, reason string) {
	w.t.Helper()
	for {
		op, payload := w.frame()
		switch {
		case op == -1:
			return 0, ""
		case op == opClose && len(payload) >= 2:
			_ = w.conn.Close() // nothing is left to be said
			return binary.BigEndian.Uint16(payload), string(payload[2:])
		}
	}
}

// masked is a frame as a browser sends it; the mask is zero, which is a mask like any other.
func masked(first byte, payload string) []byte {
	n := len(payload)
	b := []byte{first}
	switch {
	case n < 126:
		b = append(b, bitMask|byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, bitMask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bitMask|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// announced is the header of a frame with a length in 8 bytes, and nothing after it.
func announced(first byte, length uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{first, bitMask | 127}, length), 0, 0, 0, 0)
}

// again is a frame n times.
func again(n int, frame []byte) []byte { return []byte(strings.Repeat(string(frame), n)) }

// resync is a message that does nothing but ask for a snapshot.
const resync = `{"t":"resync"}`

// wireAttacks are bytes that no browser sends, and the code that the server closes with.
var wireAttacks = []struct {
	name   string
	frames []byte
	code   uint16
	reason string
}{
	{"no mask", []byte{0x81, 2, '{', '}'}, 1002, "mask"},
	{"first reserved bit, as for compression", masked(0xc1, resync), 1002, "reserved"},
	{"second reserved bit", masked(0xa1, resync), 1002, "reserved"},
	{"third reserved bit", masked(0x91, resync), 1002, "reserved"},
	{"reserved bit of a ping", masked(0xc9, ""), 1002, "reserved"},
	{"opcode 3", masked(0x83, ""), 1002, "opcode"},
	{"opcode 11", masked(0x8b, ""), 1002, "opcode"},
	{"continuation of nothing", masked(0x80, resync), 1002, "order"},
	{"message within a message", append(masked(0x01, `{"t":`), masked(0x81, resync)...), 1002, "order"},
	{"ping of 126 bytes", masked(0x89, strings.Repeat("x", 126)), 1002, "control"},
	{"ping in fragments", masked(0x09, "x"), 1002, "control"},
	{"close in fragments", masked(0x08, "\x03\xe8"), 1002, "control"},
	{"close with 1005", masked(0x88, "\x03\xed"), 1002, ""},
	{"close with one byte", masked(0x88, "\x03"), 1002, ""},
	{"length 2 in two bytes", append([]byte{0x81, bitMask | 126, 0, 2, 0, 0, 0, 0}, "{}"...), 1002, "length"},
	{"length 2 in eight bytes", append(announced(0x81, 2), "{}"...), 1002, "length"},
	{"length 2^63", announced(0x81, 1<<63), 1002, "length"},
	{"length 2^62, then silence", announced(0x81, 1<<62), 1009, "too long"},
	{"one byte too long", masked(0x81, strings.Repeat(" ", maxMessage+1)), 1009, "too long"},
	{"too long in fragments", append(masked(0x01, strings.Repeat(" ", maxMessage)), masked(0x80, " ")...), 1009, "too long"},
	{"binary", masked(0x82, resync), 1003, "text"},
	{"a thousand pings at once", again(1000, masked(0x89, "x")), 1008, "Too many frames"},
	{"a thousand empty fragments", append(masked(0x01, ""), again(1000, masked(0x00, ""))...), 1008, "Too many frames"},
	{"pongs that nobody asked for", again(1000, masked(0x8a, "1")), 1008, "Too many frames"},
	{"not UTF-8", masked(0x81, "{\"t\":\"view\",\"q\":\"\xff\"}"), 1007, "UTF-8"},
	{"half a character at the end of a fragment", append(masked(0x01, "\xc3"), masked(0x80, "")...), 1007, "UTF-8"},
	{"HTTP", []byte("GET /connections.json HTTP/1.1\r\nHost: localhost\r\n\r\n"), 1002, ""},
}

// TestWireAttacks: each is closed with its code, also where it comes with the handshake in one piece, and no other
// viewer notices.
//
//attack:w2 1002 with the reason, also right behind the handshake
//attack:w3 1007, also for half a character at the end of a fragment
//attack:w4 1009 as soon as the length is read
//attack:w5 1009, whole or in fragments
//attack:r4 a frame with the bit for compression is closed with 1002 before its content is read
func TestWireAttacks(t *testing.T) {
	h := open(t, office(), poller.MinInterval)
	other := h.visit(t, "")
	for _, test := range wireAttacks {
		t.Run(test.name, func(t *testing.T) {
			for _, early := range []bool{false, true} {
				var w *wire
				if early {
					w = h.connect(t, "", string(test.frames))
					w.answer()
				} else {
					w = h.sit(t)
					w.send(test.frames)
				}
				if code, reason := w.end(); code != test.code || !strings.Contains(reason, test.reason) {
					t.Errorf("early %v: closed with %d %q, want %d", early, code, reason, test.code)
				}
			}
		})
	}
	other.next(t)
}

// TestWireFriends: what the gate must let through. Fragments, a character cut in two, a ping between them, and the
// longest message are all of the protocol.
//
//attack:w2 what RFC 6455 allows is let through
func TestWireFriends(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	for name, frames := range map[string][]byte{
		"whole":          masked(0x81, resync),
		"in fragments":   append(append(masked(0x01, `{"t":`), masked(0x00, `"res`)...), masked(0x80, `ync"}`)...),
		"with a ping":    append(append(masked(0x01, `{"t":`), masked(0x89, "hi")...), masked(0x80, `"resync"}`)...),
		"a cut letter":   append(masked(0x01, "{\"t\":\"view\",\"q\":\"proc=\xc3"), masked(0x80, "\xa4\",\"limit\":60}")...),
		"the longest":    masked(0x81, fmt.Sprintf("%-*s", maxMessage, resync)),
		"an unasked-for": append(masked(0x8a, ""), masked(0x81, resync)...),
	} {
		t.Run(name, func(t *testing.T) {
			w := h.sit(t)
			for i := range frames { // byte for byte, as a slow network may bring them
				w.send(frames[i : i+1])
			}
			for {
				switch op, payload := w.frame(); {
				case op == 10 && string(payload) == "hi":
				case op == opText && strings.HasPrefix(string(payload), `{"t":"snap"`):
					return
				default:
					t.Fatalf("opcode %d, %.200q", op, payload)
				}
			}
		})
	}
}

// TestCutOffMessage: a message whose last fragment never came is not taken for whole when the peer leaves.
//
//attack:w2 a message that the peer's leaving cut off is not read
func TestCutOffMessage(t *testing.T) {
	client, server := net.Pipe()
	gate := newFrameGate(server)
	go func() {
		_, _ = client.Write(masked(0x01, resync)) // read below
		_ = client.Close()
	}()
	got, err := io.ReadAll(gate)
	if !errors.Is(err, io.ErrUnexpectedEOF) || string(got) != string(masked(0x01, resync)) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestNoCompression: whatever a client offers, nothing is agreed on that would have the server inflate.
//
//attack:r4 no offer of permessage-deflate is taken up
func TestNoCompression(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	for _, offer := range []string{
		"permessage-deflate", "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=8",
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover", "x-webkit-deflate-frame",
		"permessage-deflate, permessage-deflate; client_max_window_bits=\"15\"", strings.Repeat("permessage-deflate,", 500),
	} {
		w := h.connect(t, "Sec-WebSocket-Extensions: "+offer+"\r\n", "")
		if res := w.answer(); res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Errorf("%.60q: %s, %q", offer, res.Status, res.Header["Sec-Websocket-Extensions"])
		}
	}
}

// TestOddHandshakes are refused, and nobody is counted in for them.
//
//attack:w7 4xx for HEAD, POST, HTTP/1.0, HTTP/2, a body, a bad key; what is smuggled behind is no second request
func TestOddHandshakes(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	host := strings.TrimPrefix(h.url, "http://")
	good := fmt.Sprintf(handshake, host) + "\r\n"
	for name, text := range map[string]string{
		"HEAD":           strings.Replace(good, "GET", "HEAD", 1),
		"POST":           strings.Replace(good, "GET", "POST", 1),
		"HTTP/1.0":       strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1),
		"HTTP/2":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"h2c":            strings.Replace(good, "websocket", "h2c", 1),
		"two protocols":  strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c, websocket", 1),
		"short key":      strings.Replace(good, "AAAAAAAAAAAAAAAAAAAAAA==", "AAAA", 1),
		"two keys":       strings.Replace(good, "\r\n\r\n", "\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 1),
		"old version":    strings.Replace(good, "Version: 13", "Version: 8", 1),
		"length":         strings.Replace(good, "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc", 1),
		"chunked":        strings.Replace(good, "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 1),
		"two hosts":      strings.Replace(good, "\r\nOrigin", "\r\nHost: "+host+"\r\nOrigin", 1),
		"space in names": strings.Replace(good, "Upgrade: websocket", "Upgrade : websocket", 1),
		"another origin": strings.Replace(good, "Origin: http://", "Origin: http://evil.", 1),
		"no origin":      strings.Replace(good, "Origin", "X-Origin", 1),
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode/100 != 4 && res.StatusCode/100 != 5 {
			t.Errorf("%s: %v, %v", name, res, err)
		}
		_ = conn.Close() // nothing is left to be said
	}
	if n := h.counted(); n != 0 {
		t.Errorf("%d viewers", n)
	}
}

// pipeHandshake is a ResponseWriter and a request that upgrade to one end of a net.Pipe.
type pipeHandshake struct {
	*httptest.ResponseRecorder
	server net.Conn
}

// Hijack implements http.Hijacker.
func (p pipeHandshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return p.server, bufio.NewReadWriter(bufio.NewReader(p.server), bufio.NewWriter(p.server)), nil
}

// pipeChannel returns a channel over a net.Pipe and the peer's end of it.
func pipeChannel(t *testing.T) (channel, net.Conn) {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	r := httptest.NewRequest(http.MethodGet, "/live", nil)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="} {
		r.Header.Set(name, value)
	}
	ch, err := accept(pipeHandshake{httptest.NewRecorder(), server}, r)
	if err != nil {
		t.Fatal(err)
	}
	return ch, client
}

// TestPeersThatNeverSayGoodbye: who is closed and does not answer is cut a second later, reading or not, and so is who
// has begun a frame that is never to end. The library alone would wait for up to ten seconds.
//
//attack:w9 cut a second after the goodbye, to the tick of a clock that the test holds
func TestPeersThatNeverSayGoodbye(t *testing.T) {
	for _, peer := range []struct {
		name  string
		says  []byte
		reads bool
	}{
		{"silent", nil, true}, {"deaf and silent", nil, false},
		{"half a header", []byte{0x81}, true}, {"half a frame", masked(0x81, resync)[:9], true},
		{"against the rules", announced(0x81, 1<<62), true}, {"against the rules, and deaf", announced(0x81, 1<<62), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ch, client := pipeChannel(t)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = ch.read(t.Context()) // as the session does; that it fails is the test
			}()
			if _, err := client.Write(peer.says); err != nil {
				t.Fatal(err)
			}
			if peer.reads {
				go func() { _, _ = io.Copy(io.Discard, client) }()
			}
			synctest.Wait()
			begin := time.Now()
			ch.close(closeGoingAway, "The server stops.")
			if took := time.Since(begin); took > closeTimeout {
				t.Errorf("%s: cut after %v", peer.name, took)
			}
			<-ended
			if _, err := client.Write([]byte{0}); err == nil {
				t.Errorf("%s: the connection is still open", peer.name)
			}
		})
	}
}

// TestEndlessFrame: a frame that comes byte by byte leaves no place for the answer to a ping, so the viewer is cut as
// if it had fallen silent.
//
//attack:w4 a frame that drips is cut when a ping is not answered, after 15 s
//attack:w8 gone 15 s after it was last heard of
func TestEndlessFrame(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		ch, client := pipeChannel(t)
		q, sp, err := s.viewOf("")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, client) }()
		dripped := make(chan struct{})
		go func() {
			defer close(dripped)
			frame := masked(0x81, fmt.Sprintf("%-*s", maxMessage, resync))
			for _, b := range frame {
				if _, err := client.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(4 * time.Second)
			}
		}()
		begin := time.Now()
		session := &session{hub: s.hub, channel: ch, viewer: newViewer(true), hello: s.hello()}
		session.run(t.Context(), q, sp)
		if took := time.Since(begin); took < pingInterval || took > pingInterval+pingTimeout+closeTimeout {
			t.Errorf("cut after %v", took)
		}
		<-dripped
	})
}
