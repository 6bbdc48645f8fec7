package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// hostile are names as a program may give itself to harm who shows, exports or logs them.
var hostile = []string{
	`<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `</script><script>alert(1)</script>`, `{{7*7}}`,
	`javascript:alert(1)`, "`${alert(1)}`", "line\u2028para\u2029graph", "nul\x00byte", "esc\x1b[31mred", "left\u202eright",
	strings.Repeat("e\u0301\u0302", 40), "раураl", "a b) c", "new\nline", "carriage\rreturn", "both\r\nof them",
	`=cmd|' /C calc'!A0`, "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠1", " '=1", "'=1",
	`quote " and "" twice`, "comma, and; semicolon", `back\slash \. `, " spaces ", ``,
}

// hostileMachine has one connection for each hostile name; its ids are 1, 2, 3… in the order of hostile.
func hostileMachine() *machine {
	m := newMachine(hostile)
	for i := range hostile {
		id := poller.ID(i + 1)
		remote := fmt.Sprintf("198.51.100.9:%d", 50000+i)
		m.sockets[id] = tcp(id, poller.StateEstablished, "192.0.2.7:443", remote, int32(i+1))
	}
	return m
}

// afterCSV is what a reader of CSV has of a text: encoding/csv gives the end of a line within a cell as \n alone, and
// what acts on a terminal is visible.
func afterCSV(s string) string { return strings.ReplaceAll(inertCell(s), "\r\n", "\n") }

// checkNames compares the names that an export has with what the machine has, by the connection's id.
func checkNames(t fataler, format string, names []string, got map[string]any, want func(string) any) {
	t.Helper()
	if len(got) != len(names) {
		t.Fatalf("%s has %d rows, want %d", format, len(got), len(names))
	}
	for i, name := range names {
		id := poller.ID(i + 1).String()
		if w := want(strings.ToValidUTF8(name, "\uFFFD")); got[id] != w {
			t.Errorf("%s: the name %q came as %#v, want %#v", format, name, got[id], w)
		}
	}
}

// checkExports reads the names of a hostile machine back out of all formats.
func checkExports(t fataler, s *Site, names []string) {
	t.Helper()
	raw := func(name string) any {
		if name == "" {
			return nil
		}
		return name
	}
	whole, lines, table := ask(t, s, "/connections.json", ""), ask(t, s, "/connections.ndjson", ""), ask(t, s, "/connections.csv", "")
	var e exported
	if err := json.Unmarshal(whole.Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, c := range e.Connections {
		got[c["id"].(string)] = c["process"]
	}
	checkNames(t, "JSON", names, got, raw)

	got = map[string]any{}
	for line := range strings.Lines(lines.Body.String()) {
		var c map[string]any
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		got[c["id"].(string)] = c["process"]
	}
	checkNames(t, "NDJSON", names, got, raw)

	records, err := csv.NewReader(table.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got, process := map[string]any{}, slices.Index(contract, "process")
	for _, r := range records[1:] {
		got[r[0]] = r[process]
	}
	checkNames(t, "CSV", names, got, func(name string) any {
		if strings.ContainsAny(name[:min(1, len(name))], "=+-@\t\r\n\x00'") || strings.HasPrefix(strings.TrimLeft(name, " "), "'") ||
			strings.HasPrefix(name, "＝") || strings.HasPrefix(name, "＋") || strings.HasPrefix(name, "－") || strings.HasPrefix(name, "＠") {
			name = "'" + name
		}
		return afterCSV(name)
	})
}

// TestHostileNames come out of every format as they went in; where a spreadsheet would calculate, an apostrophe
// stands before them.
//
//attack:j4
func TestHostileNames(t *testing.T) {
	checkExports(t, newTestSite(t, hostileMachine(), poller.MaxInterval), hostile)
	s := newTestSite(t, hostileMachine(), poller.MaxInterval)
	if body := ask(t, s, "/connections.json", "").Body.String(); strings.ContainsAny(body, "<>\x00\x1b\u2028\u2029") {
		t.Error("JSON has characters as they are that a page or a terminal would act on")
	}
}

// TestAnyName: what holds for the hostile names holds for any.
//
//attack:j4 for any name
func TestAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.StringN(0, 5, -1), rapid.SampledFrom(hostile), rapid.SampledFrom([]string{"\r", "\n", "\r\n", `"`, `""`, ",", "'", " ", "\xe2"}))
		m := newMachine(nil)
		names := make([]string, rapid.IntRange(1, 4).Draw(t, "names"))
		for i := range names {
			names[i] = strings.ToValidUTF8(strings.Join(rapid.SliceOfN(part, 0, 4).Draw(t, "name"), ""), "\uFFFD")
			id := i + 1
			m.processes[int32(id)] = names[i]
			m.sockets[poller.ID(id)] = tcp(poller.ID(id), poller.StateListen, fmt.Sprintf("0.0.0.0:%d", id), nowhere, int32(id))
		}
		checkExports(t, newTestSite(t, m, poller.MaxInterval), names)
	})
}

// TestBytesThatAreNoText are replaced, so that the export stays UTF-8.
func TestBytesThatAreNoText(t *testing.T) {
	m := newMachine([]string{"a\xff\xfeb"}, tcp(1, poller.StateListen, "0.0.0.0:1", nowhere, 1))
	s := newTestSite(t, m, poller.MaxInterval)
	for _, format := range []string{"json", "ndjson", "csv"} {
		body := ask(t, s, "/connections."+format, "").Body.Bytes()
		if !bytes.Contains(body, []byte("a\uFFFD")) && !bytes.Contains(body, []byte(`a\ufffd`)) || bytes.ContainsAny(body, "\xff") && !bytes.Equal(body, bytes.ToValidUTF8(body, nil)) {
			t.Errorf("%s: %q", format, body)
		}
	}
}

// TestNumbersAreNoFormulas: only text is kept from spreadsheets.
//
//attack:j4
func TestNumbersAreNoFormulas(t *testing.T) {
	for _, test := range []struct {
		of   value
		want string
	}{
		{integerOf(-7), "-7"}, {decimalOf(-0.5), "-0.5"}, {decimalOf(12.5), "12.5"}, {integerOf(0), "0"}, {value{}, ""},
		{textOf("-7"), "'-7"}, {textOf("7"), "7"}, {textOf("'"), "''"}, {textOf(" 'x"), "' 'x"},
	} {
		if got := csvCell(test.of); got != test.want {
			t.Errorf("%+v: %q, want %q", test.of, got, test.want)
		}
	}
}

// TestCSVIsRFC4180: each record ends with CRLF, and text with marks of its own stands in quotes.
func TestCSVIsRFC4180(t *testing.T) {
	m := newMachine([]string{`say "hi", twice` + "\rplease"}, tcp(1, poller.StateListen, "0.0.0.0:1", nowhere, 1))
	body := ask(t, newTestSite(t, m, poller.MaxInterval), "/connections.csv", "").Body.String()
	lines := strings.SplitAfter(body, "\r\n")
	if len(lines) != 3 || lines[2] != "" || lines[0] != strings.Join(contract, ",")+"\r\n" {
		t.Fatalf("%q", lines)
	}
	if !strings.Contains(lines[1], `,"say ""hi"", twice`+"\r"+`please",`) {
		t.Errorf("%q", lines[1])
	}
}
