package sockdiag

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update has the test that captures dumps write them to testdata, with what they decode to now.
var update = flag.Bool("update", false, "write captured dumps and golden files to testdata")

// capture is one dump that was taken from a kernel, as a file in testdata: each datagram after its length in 4 bytes,
// little-endian.
type capture struct {
	name    string
	request Request
	frames  []byte
}

// captures returns the dumps that are kept, without their bytes.
func captures() []capture {
	return []capture{
		{name: "tcp4-le", request: Request{Family: FamilyIPv4, Protocol: ProtocolTCP, Extensions: WithInfo, States: AllStates}},
		{name: "tcp6-le", request: Request{Family: FamilyIPv6, Protocol: ProtocolTCP, Extensions: WithInfo, States: AllStates}},
		{name: "udp4-le", request: Request{Family: FamilyIPv4, Protocol: ProtocolUDP, Extensions: WithMemory, States: AllStates}},
		{name: "udp6-le", request: Request{Family: FamilyIPv6, Protocol: ProtocolUDP, Extensions: WithMemory, States: AllStates}},
	}
}

func (c *capture) path(kind string) string { return filepath.Join("testdata", c.name+kind) }

// load reads the dump's bytes.
func (c *capture) load(t testing.TB) {
	t.Helper()
	b, err := os.ReadFile(c.path(".dump"))
	if err != nil {
		t.Fatal(err)
	}
	c.frames = b
}

// save writes the dump and what it decodes to.
func (c *capture) save(t *testing.T) {
	t.Helper()
	check(t, os.MkdirAll("testdata", 0o755))
	check(t, os.WriteFile(c.path(".dump"), c.frames, 0o644))
	check(t, os.WriteFile(c.path(".golden"), []byte(printed(c.decode(t))), 0o644))
}

// kernel returns a receiver that says again what the real one said.
func (c *capture) kernel(t testing.TB) *kernel {
	t.Helper()
	k := &kernel{}
	for b := c.frames; len(b) > 0; {
		n := binary.LittleEndian.Uint32(b)
		k.datagrams = append(k.datagrams, datagram{data: b[4 : 4+n]})
		b = b[4+n:]
	}
	if len(k.datagrams) == 0 {
		t.Fatalf("%s holds no datagrams", c.path(".dump"))
	}
	return k
}

// decode reads the dump, under the numbers that its first message carries.
func (c *capture) decode(t *testing.T) (records []Record) {
	t.Helper()
	k := c.kernel(t)
	h, _, _, err := NextMessage(k.datagrams[0].data)
	check(t, err)
	check(t, readDump(k, h.PortID, h.Sequence, func(r *Record) { records = append(records, *r) }))
	return records
}

// printed writes records one to a line.
func printed(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%+v\n", r)
	}
	return b.String()
}

// captured returns every message of every dump in testdata, as seeds.
func captured(t testing.TB) (messages [][]byte) {
	for _, c := range captures() {
		c.load(t)
		for _, d := range c.kernel(t).datagrams {
			for b := d.data; len(b) >= headerLen; {
				_, _, rest, err := NextMessage(b)
				if err != nil {
					break
				}
				messages, b = append(messages, b[:len(b)-len(rest)]), rest
			}
		}
	}
	return messages
}

// Dumps that were taken from a kernel decode to what they decoded to when they were taken.
func TestCapturedDumps(t *testing.T) {
	littleEndian(t)
	for _, c := range captures() {
		t.Run(c.name, func(t *testing.T) {
			c.load(t)
			want, err := os.ReadFile(c.path(".golden"))
			check(t, err)
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			if diff := cmp.Diff(string(want), printed(c.decode(t))); diff != "" {
				t.Errorf("records (-golden +got):\n%s", diff)
			}
		})
	}
}

// The captured dumps hold the sockets that were open when they were taken.
func TestCapturedFacts(t *testing.T) {
	littleEndian(t)
	for _, c := range captures() {
		t.Run(c.name, func(t *testing.T) {
			c.load(t)
			c.facts(t)
		})
	}
}

// A dump that breaks off anywhere, between two datagrams or within one, is an error.
//
//attack:k1
func TestCapturedDumpsCutOff(t *testing.T) {
	littleEndian(t)
	c := captures()[0]
	c.load(t)
	all := c.kernel(t).datagrams
	h, _, _, err := NextMessage(all[0].data)
	check(t, err)
	for i := range all {
		for cut := 0; cut < len(all[i].data); cut += 29 {
			short := append(append([]datagram(nil), all[:i]...), datagram{data: all[i].data[:cut]})
			if err := readDump(&kernel{datagrams: short}, h.PortID, h.Sequence, func(*Record) {}); err == nil {
				t.Errorf("no error when datagram %d ends after %d of %d bytes", i, cut, len(all[i].data))
			}
		}
	}
}
