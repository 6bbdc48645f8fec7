package ports

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// serviceName is the syntax of RFC 6335 section 5.1, in lower case; length and the need for a letter are apart.
var serviceName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func TestTableIsInOrder(t *testing.T) {
	entries := names().entries
	if len(entries) < 1000 {
		t.Errorf("the table has %d entries, less than people meet", len(entries))
	}
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1], entries[i]
		if a.Port > b.Port || a.Port == b.Port && a.Protocol >= b.Protocol {
			t.Errorf("%d/%s stands before %d/%s", a.Port, a.Protocol, b.Port, b.Protocol)
		}
	}
}

func TestTableNames(t *testing.T) {
	for _, e := range names().entries {
		for _, name := range append([]string{e.Name}, e.also...) {
			// Other names are no registry's, and may be longer.
			if !serviceName.MatchString(name) || name == e.Name && len(name) > 15 || len(name) > 20 || strings.Trim(name, "0123456789-") == "" {
				t.Errorf("%d/%s: %q is no service name", e.Port, e.Protocol, name)
			}
		}
		if slices.Contains(e.also, e.Name) {
			t.Errorf("%d/%s: %q is its own other name", e.Port, e.Protocol, e.Name)
		}
		if len(e.Description) < 3 || len(e.Description) > 100 || strings.HasSuffix(e.Description, ".") ||
			strings.TrimSpace(e.Description) != e.Description {
			t.Errorf("%d/%s: description %q", e.Port, e.Protocol, e.Description)
		}
		if e.Port == 0 || Class(e.Port) == "dynamic" && e.Registered {
			t.Errorf("%d/%s cannot be registered", e.Port, e.Protocol)
		}
	}
}

// TestTableAgreesWithSystem compares the table with the one of the system, where there is one: for the same port and
// protocol both must know the same name.
func TestTableAgreesWithSystem(t *testing.T) {
	file, err := os.Open("/etc/services")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /etc/services")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compared := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		digits, protocol, _ := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			continue
		}
		i, ok := names().byPort[endpoint{uint16(port), protocol}]
		if !ok {
			continue
		}
		compared++
		ours := names().entries[i]
		if ours.Name != fields[0] && !slices.Contains(ours.also, fields[0]) && !slices.Contains(fields[2:], ours.Name) {
			t.Errorf("%s is %s here and %s in /etc/services", fields[1], ours.Name, fields[0])
		}
	}
	t.Logf("%d ports compared", compared)
}

func TestReadTableRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"columns", "1\ttcp\tx", "line 1: 3 columns"},
		{"port", "# head\n70000\ttcp\tx\t-\tcommon\tX", "line 2: port"},
		{"protocol", "1\tsctp\tx\t-\tcommon\tX", `"sctp" is neither`},
		{"use", "1\ttcp\tx\t-\tmaybe\tX", `"maybe" is neither`},
		{"twice", "1\ttcp\tx\t-\tcommon\tX\n1\ttcp,udp\ty\t-\tcommon\tY", "1/tcp is there twice"},
		{"empty line", "\n", "1 columns"},
	} {
		if _, err := readTable(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}
