package ports

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed names.tsv
var namesFile string

// names returns the table of the program. It is read at the first call and never changed.
var names = sync.OnceValue(func() *table {
	t, err := readTable(namesFile)
	if err != nil {
		// The file is part of the program and tested: this cannot happen in one that was built from a good tree.
		panic(err)
	}
	return t
})

// table is names.tsv, made ready for look-ups.
type table struct {
	// entries are in the order of the file, by port, TCP before UDP.
	entries []entry
	// byPort has the place in entries.
	byPort map[endpoint]int
	// byName has the entries of each name in lower case, own names before other names.
	byName map[string][]int
}

// endpoint is a port of one protocol.
type endpoint struct {
	port     uint16
	protocol string
}

// entry is a service with its other names, in lower case.
type entry struct {
	Service
	// also are names that people use for it, and names of other uses of the same port.
	also []string
}

// readTable reads a file in the form of names.tsv.
func readTable(text string) (*table, error) {
	t := &table{byPort: make(map[endpoint]int), byName: make(map[string][]int)}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if err := t.add(line); err != nil {
			return nil, fmt.Errorf("read table of ports, line %d: %w", number, err)
		}
	}
	t.index()
	return t, nil
}

// add takes in one line: the six columns that the head of names.tsv explains. A line for two protocols makes two
// entries. A port may be there once for each protocol.
func (t *table) add(line string) error {
	fields := strings.Split(line, "\t")
	if len(fields) != 6 {
		return fmt.Errorf("%d columns, not 6", len(fields))
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return fmt.Errorf("port: %w", err)
	}
	if fields[4] != "registered" && fields[4] != "common" {
		return fmt.Errorf("%q is neither registered nor common", fields[4])
	}
	e := entry{Service: Service{Port: uint16(port), Name: fields[2], Description: fields[5],
		Registered: fields[4] == "registered"}}
	if fields[3] != "-" {
		e.also = strings.Split(fields[3], ",")
	}
	for protocol := range strings.SplitSeq(fields[1], ",") {
		if protocol != "tcp" && protocol != "udp" {
			return fmt.Errorf("protocol %q is neither tcp nor udp", protocol)
		}
		e.Protocol = protocol
		at := endpoint{e.Port, protocol}
		if _, twice := t.byPort[at]; twice {
			return fmt.Errorf("port %d/%s is there twice", e.Port, protocol)
		}
		t.byPort[at] = len(t.entries)
		t.entries = append(t.entries, e)
	}
	return nil
}

// index fills byName.
func (t *table) index() {
	for i, e := range t.entries {
		t.byName[e.Name] = append(t.byName[e.Name], i)
	}
	for i, e := range t.entries {
		for _, name := range e.also {
			if !slices.Contains(t.byName[name], i) {
				t.byName[name] = append(t.byName[name], i)
			}
		}
	}
}
