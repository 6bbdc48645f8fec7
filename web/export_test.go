package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/poller"
)

// contract are the fields of a connection in their order. Scripts rely on them: changing one is a decision.
var contract = strings.Fields(`id protocol family local_address local_port local_service remote_address remote_port
	remote_service remote_name state direction pid process user uid opened_at age_seconds receive_queue send_queue
	bytes_received bytes_sent receive_rate send_rate rtt_ms retransmits owner_note peer_id
	drops`)

// contractHead are the fields around the connections.
var contractHead = strings.Fields("at seq host source complete notes total matched connections")

// exported is /connections.json as a reader has it.
type exported struct {
	At          time.Time
	Seq         uint64
	Host        string
	Source      string
	Complete    bool
	Notes       []string
	Total       int
	Matched     int
	Connections []map[string]any
}

// exportOf asks for the data of a view.
func exportOf(t *testing.T, s *Site, rawQuery string) exported {
	t.Helper()
	w := ask(t, s, "/connections.json", rawQuery)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", rawQuery, w.Code, w.Body)
	}
	var e exported
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return e
}

// keysOf returns the keys of the JSON object that the decoder stands before, in their order.
func keysOf(t *testing.T, d *json.Decoder) (keys []string) {
	t.Helper()
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		t.Fatalf("token %v, %v", token, err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	if token, err := d.Token(); err != nil || token != json.Delim('}') {
		t.Fatalf("token %v, %v", token, err)
	}
	return keys
}

// TestContractOfNames: names and order are those of the contract, in all formats.
func TestContractOfNames(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	whole := ask(t, s, "/connections.json", "")
	if diff := cmp.Diff(contractHead, keysOf(t, json.NewDecoder(whole.Body))); diff != "" {
		t.Errorf("connections.json (-contract +is):\n%s", diff)
	}
	lines := json.NewDecoder(ask(t, s, "/connections.ndjson", "").Body)
	for n := range 5 {
		if diff := cmp.Diff(contract, keysOf(t, lines)); diff != "" {
			t.Errorf("line %d of connections.ndjson (-contract +is):\n%s", n, diff)
		}
	}
	records, err := csv.NewReader(ask(t, s, "/connections.csv", "").Body).ReadAll()
	if err != nil || len(records) != 6 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if diff := cmp.Diff(contract, records[0]); diff != "" {
		t.Errorf("header of connections.csv (-contract +is):\n%s", diff)
	}
	for _, c := range exportOf(t, s, "").Connections {
		if len(c) != len(contract) {
			t.Errorf("%d fields in %v", len(c), c)
		}
	}
}

// TestHeadOfExport: what stands around the rows is what is known of the table.
func TestHeadOfExport(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	w := ask(t, s, "/connections.json", "state=LISTEN")
	var head map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &head); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, head["at"].(string))
	if err != nil || at.Location() != time.UTC {
		t.Errorf("at %v: %v", head["at"], err)
	}
	delete(head, "at")
	delete(head, "connections")
	want := map[string]any{"seq": 1.0, "host": s.host, "source": "fake", "complete": true, "notes": []any{}, "total": 5.0, "matched": 1.0}
	if diff := cmp.Diff(want, head); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMediaTypes: each format says what it is and under which name it is saved, whatever the request says.
func TestMediaTypes(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for path, want := range map[string]string{
		"/connections.json":   "application/json",
		"/connections.ndjson": "application/x-ndjson",
		"/connections.csv":    "text/csv; charset=utf-8; header=present",
	} {
		h := ask(t, s, path, "q=%22%0d%0aX:+1%22").Header()
		if h.Get("Content-Type") != want || h.Get("Content-Disposition") != `inline; filename="`+path[1:]+`"` || h.Get("X") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestDropsOfUDP: what a UDP socket dropped is told, 0 where it is known to be nothing; bytes of UDP are not counted.
func TestDropsOfUDP(t *testing.T) {
	full := tcp(1, poller.StateNone, "192.0.2.7:514", nowhere, 1)
	full.Protocol, full.Known, full.Drops, full.ReceiveQueue = poller.UDP, poller.KnownDrops|poller.KnownQueues, 19, 212_992
	calm, silent := full, full
	calm.ID, calm.Drops = 2, 0
	silent.ID, silent.Known = 3, poller.KnownQueues
	s := newTestSite(t, newMachine([]string{"syslogd"}, full, calm, silent), poller.MaxInterval)
	rows := exportOf(t, s, "").Connections
	for i, want := range []any{19.0, 0.0, nil} {
		if rows[i]["drops"] != want || rows[i]["receive_queue"] != 212_992.0 || rows[i]["bytes_received"] != nil {
			t.Errorf("row %d: %v", i, rows[i])
		}
	}
	if csv := ask(t, s, "/connections.csv", "").Body.String(); !strings.Contains(csv, ",19\r\n") {
		t.Errorf("no 19 at the end of a line:\n%s", csv)
	}
}

// TestUnknownIsNull: what is not known is null, and what is known to be nothing is 0.
func TestUnknownIsNull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zero := tcp(2, poller.StateEstablished, "192.0.2.7:40001", "198.51.100.9:443", 1)
		zero.Known = poller.KnownQueues | poller.KnownBytes | poller.KnownRTT | poller.KnownRetransmits | poller.KnownUID
		m := newMachine([]string{"curl"}, tcp(1, poller.StateListen, "0.0.0.0:1", nowhere, 0))
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		m.set(func(m *machine) { m.sockets[2] = zero })
		poll(t, s)
		rows := exportOf(t, s, "sort=-pid").Connections
		var at string
		s.poller.Read(func(table *poller.Table) { at = table.Status().At.UTC().Format(time.RFC3339Nano) })
		known := map[string]any{
			"id": "2", "protocol": "tcp", "family": "ipv4", "local_address": "192.0.2.7", "local_port": 40001.0, "local_service": nil,
			"remote_address": "198.51.100.9", "remote_port": 443.0, "remote_service": "https", "remote_name": nil,
			"state": "ESTABLISHED", "direction": "outbound", "pid": 1.0, "process": "curl", "user": rows[0]["user"], "uid": 0.0,
			"opened_at": at, "age_seconds": 0.0, "receive_queue": 0.0, "send_queue": 0.0, "bytes_received": 0.0, "bytes_sent": 0.0,
			"receive_rate": 0.0, "send_rate": 0.0, "rtt_ms": 0.0, "retransmits": 0.0, "owner_note": nil, "peer_id": nil,
			"drops": nil,
		}
		unknown := map[string]any{"id": "1", "protocol": "tcp", "family": "ipv4", "local_address": "0.0.0.0", "local_port": 1.0,
			"local_service": rows[1]["local_service"], "state": "LISTEN", "direction": "listening",
			"owner_note": poller.OwnerNotFound.String()}
		for _, name := range contract {
			if _, there := unknown[name]; !there {
				unknown[name] = nil
			}
		}
		if diff := cmp.Diff([]map[string]any{known, unknown}, rows); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if user, ok := rows[0]["user"].(string); !ok || user == "" {
			t.Errorf("user %v of uid 0", rows[0]["user"])
		}
		records, err := csv.NewReader(ask(t, s, "/connections.csv", "sort=-pid").Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range contract {
			if records[2][i] == "" != (unknown[name] == nil) || records[1][i] == "" != (known[name] == nil) {
				t.Errorf("%s as CSV: %q and %q", name, records[1][i], records[2][i])
			}
		}
	})
}

// TestCanonicalAddresses: RFC 5952, zones, and v4-mapped addresses as IPv4 with their socket's family.
func TestCanonicalAddresses(t *testing.T) {
	six := tcp(1, poller.StateListen, "[2001:db8:0:0:0:0:0:1]:443", "[::]:0", 0)
	zone := tcp(2, poller.StateEstablished, "[fe80::1%eth0]:443", "[fe80::2%eth0]:5", 0)
	mapped := tcp(3, poller.StateEstablished, "192.0.2.7:443", "198.51.100.9:5", 0)
	for _, s := range []*poller.Socket{&six, &zone, &mapped} {
		s.Family = poller.IPv6
	}
	s := newTestSite(t, newMachine(nil, six, zone, mapped), poller.MaxInterval)
	var got []string
	for _, c := range exportOf(t, s, "").Connections {
		got = append(got, fmt.Sprint(c["id"], " ", c["family"], " ", c["local_address"], " ", c["remote_address"]))
	}
	want := []string{"1 ipv6 2001:db8::1 <nil>", "2 ipv6 fe80::1%eth0 fe80::2%eth0", "3 ipv6 192.0.2.7 198.51.100.9"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExportFollowsTheView: the parameters of the page filter and sort the data, and a window is refused.
func TestExportFollowsTheView(t *testing.T) {
	s := newTestSite(t, office(), poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"":                                 "4 1 2 5 3",
		"sort=-pid":                        "5 4 1 2 3",
		"state=established":                "4 2",
		"state=ESTAB,time-wait&sort=local": "2 3 4",
		"-proc=nginx&port=80,53":           "4 5",
		"q=nginx":                          "1 2",
		"port=1":                           "",
		"state=":                           "4 1 2 5 3",
	} {
		e := exportOf(t, s, rawQuery)
		var ids []string
		for _, c := range e.Connections {
			ids = append(ids, c["id"].(string))
		}
		if got := strings.Join(ids, " "); got != want || e.Matched != len(ids) || e.Total != 5 {
			t.Errorf("%q: rows %q, want %q; matched %d of %d", rawQuery, got, want, e.Matched, e.Total)
		}
		for _, format := range []string{"ndjson", "csv"} {
			body := ask(t, s, "/connections."+format, rawQuery).Body.String()
			if n := strings.Count(body, "\n"); n != len(ids)+map[string]int{"csv": 1}[format] {
				t.Errorf("%q: %d lines of %s", rawQuery, n, format)
			}
		}
	}
}

// TestExportRefuses says what is wrong and what is allowed, in the format asked for, and asks for no poll.
//
//attack:j7
func TestExportRefuses(t *testing.T) {
	m := office()
	s := newTestSite(t, m, poller.MaxInterval)
	for rawQuery, want := range map[string]string{
		"port=99999": "port must be 0 to 65535", "state=FOO": "one of LISTEN", "nokey=1": "unknown parameter",
		"offset=0": "offset is not possible here", "limit=5": "limit is not possible here", "sort=weight": "unknown column",
		"q=%22open": "", "q=a;b": "%3B", "q=%": "escape", "ip=300.1.1.1": "", "q=" + strings.Repeat("(", 9000): "longer than",
		"q=' OR )": "",
	} {
		for _, format := range []string{"json", "ndjson", "csv"} {
			w := ask(t, s, "/connections."+format, rawQuery)
			text := strings.TrimSuffix(w.Body.String(), "\n")
			var problem map[string]string
			if format != "csv" {
				if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || len(problem) != 1 {
					t.Fatalf("%s: %q: %v", rawQuery, text, err)
				}
				text = problem["error"]
			}
			kind := w.Header().Get("Content-Type")
			if w.Code != http.StatusBadRequest || text == "" || !strings.Contains(text, want) || strings.Contains(text, "\n") ||
				strings.HasPrefix(kind, "text/plain") != (format == "csv") {
				t.Errorf("%.40s as %s: %d %s %q", rawQuery, format, w.Code, kind, text)
			}
		}
	}
	if m.polled() != 0 {
		t.Errorf("%d polls", m.polled())
	}
}

// TestHugeQuery is turned away by the server before anything reads it.
func TestHugeQuery(t *testing.T) {
	h := open(t, office(), poller.MaxInterval)
	for _, size := range []int{10 << 10, 1 << 20} {
		res, _ := h.get(t, "/connections.json?q="+strings.Repeat("a", size))
		if res.StatusCode < 400 || res.StatusCode > 499 {
			t.Errorf("%d bytes: %s", size, res.Status)
		}
	}
}

// TestStaleExport: after a failed poll the rows are the last whole ones, and the answer says so.
func TestStaleExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := office()
		s := newTestSite(t, m, time.Second)
		poll(t, s)
		m.set(func(m *machine) { m.failure, m.sockets = errors.New("dump refused"), nil })
		poll(t, s)
		e := exportOf(t, s, "")
		if e.Complete || e.Total != 5 || len(e.Connections) != 5 || len(e.Notes) != 1 || !strings.Contains(e.Notes[0], "dump refused") {
			t.Errorf("%+v", e)
		}
		if e.Seq != 1 || !e.At.Before(time.Now()) {
			t.Errorf("seq %d at %v", e.Seq, e.At)
		}
	})
}

// TestNoTableToExport: where no poll has ever succeeded there is nothing to send, which is no empty table, and it is said
// why.
func TestNoTableToExport(t *testing.T) {
	m := office()
	m.failure = errors.New("dump refused")
	s := newTestSite(t, m, poller.MaxInterval)
	for _, path := range []string{"/connections.json", "/connections.csv", "/connections.ndjson", "/", "/ports/443", "/connections/1.json"} {
		if w := ask(t, s, path, ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "could not be read yet") || !strings.Contains(w.Body.String(), "dump refused") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// reader takes an answer and counts how often it is handed on.
type reader struct {
	*httptest.ResponseRecorder
	flushed []int  // how much had been written at each flush
	onFlush func() // what the reader does then
}

func (r *reader) Flush() {
	r.flushed = append(r.flushed, r.Body.Len())
	if r.onFlush != nil {
		r.onFlush()
	}
}

// crowd is a machine with n sockets.
func crowd(n int) *machine {
	m := newMachine(nil)
	for i := range n {
		s := tcp(poller.ID(i+1), poller.StateEstablished, "192.0.2.7:443", nowhere, 0)
		s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), uint16(i+1))
		m.sockets[s.ID] = s
	}
	return m
}

// TestLongExportFlows: it is handed on as it grows, and ends when nobody reads it any more.
//
//attack:r7
func TestLongExportFlows(t *testing.T) {
	s := newTestSite(t, crowd(5000), poller.MaxInterval)
	for _, format := range []string{"json", "ndjson", "csv"} {
		t.Run(format, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/connections."+format, nil)
			w := &reader{ResponseRecorder: httptest.NewRecorder()}
			handler(s).ServeHTTP(w, r)
			whole := strings.Count(w.Body.String(), "198.51.")
			if len(w.flushed) != 5 || !slices.IsSorted(w.flushed) || w.flushed[0] == 0 || whole != 5000 {
				t.Errorf("%d rows, flushed at %v of %d bytes", whole, w.flushed, w.Body.Len())
			}

			ctx, cancel := context.WithCancel(t.Context())
			w = &reader{ResponseRecorder: httptest.NewRecorder(), onFlush: cancel}
			handler(s).ServeHTTP(w, r.WithContext(ctx))
			if n := strings.Count(w.Body.String(), "198.51."); n < flushRows || n > 2*flushRows {
				t.Errorf("%d rows for a reader that went after the first %d", n, flushRows)
			}
		})
	}
}

// TestReaderGoes: through the real server, a reader that goes in the middle leaves nothing behind; the server could
// not be closed, and goroutines would stay, otherwise.
func TestReaderGoes(t *testing.T) {
	h := open(t, crowd(5000), poller.MaxInterval)
	res, err := h.client.Get(h.url + "/connections.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := res.Body.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if res, body := h.get(t, "/connections.csv", "Accept-Encoding", "identity"); res.StatusCode != http.StatusOK || strings.Count(body, "\r\n") != 5001 {
		t.Errorf("the next reader: %s with %d lines", res.Status, strings.Count(body, "\r\n"))
	}
}

// TestLiveFieldsAreTheProtocol: the cells of a row are those of docs/protocol.md, in its order.
func TestLiveFieldsAreTheProtocol(t *testing.T) {
	want := strings.Fields(`id protocol family state direction local_address local_port local_service remote_address
		remote_port remote_service pid process user opened_at first_seen receive_queue send_queue bytes_received bytes_sent
		receive_rate send_rate rtt_ms retransmits owner_note uid peer_id drops`)
	if diff := cmp.Diff(want, names(liveFields())); diff != "" {
		t.Errorf("(-protocol +is):\n%s", diff)
	}
	opened := time.UnixMilli(1_700_000_000_123)
	c := &poller.Connection{Socket: tcp(1, poller.StateListen, "0.0.0.0:1", nowhere, 0), FirstSeen: opened, Opened: opened}
	c.Known |= poller.KnownOpened | poller.KnownRates
	c.ReceiveRate = 1.5
	var cells []any
	if err := json.Unmarshal(appendArray(nil, liveFields(), c, opened), &cells); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"opened_at": 1_700_000_000_123.0, "first_seen": 1_700_000_000_123.0, "receive_rate": 2.0} {
		if got := cells[slices.Index(names(liveFields()), name)]; got != want {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
}

// TestLargeNumbersStayWhole: a counter beyond 2^53 is written with all its digits.
func TestLargeNumbersStayWhole(t *testing.T) {
	got := string(integerOf(1<<62 + 1).appendJSON(nil))
	if n, err := strconv.ParseInt(got, 10, 64); err != nil || n != 1<<62+1 {
		t.Errorf("%s, %v", got, err)
	}
	if got := string(decimalOf(1e21).appendJSON(nil)); got != "1000000000000000000000" {
		t.Error(got)
	}
}
