package poller

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// statOf writes /proc/PID/stat for a process with this name and start.
func statOf(comm string, start uint64) []byte {
	fields := make([]string, 52-3)
	for i := range fields {
		fields[i] = fmt.Sprint(i)
	}
	fields[22-4] = fmt.Sprint(start)
	return fmt.Appendf(nil, "42 (%s) S %s\n", comm, strings.Join(fields, " "))
}

// hostileNames are names that a process can give itself.
func hostileNames() []string {
	return []string{"", " ", ")", "(", ") (", "a) S 1 2 3", "two\nlines", "tab\t", "\xff\xfe\x80", "\u202egnp.exe", "<img src=x>", "((((((((((((((("}
}

// The name is what stands between the first opening and the last closing parenthesis.
func TestParseStat(t *testing.T) {
	for _, name := range append(hostileNames(), "sh", "kworker/0:1") {
		got, err := parseStat(statOf(name, 1<<64-1))
		if err != nil || string(got.comm) != name || got.start != 1<<64-1 {
			t.Errorf("%q was read as %+v, %v", name, got, err)
		}
	}
}

// What is no stat file is an error that says what is missing.
func TestParseStatRefuses(t *testing.T) {
	whole := string(statOf("sh", 777))
	for in, says := range map[string]string{
		"": "no name", "42 sh S 1": "no name", ") (": "no name", "42 (sh": "no name",
		"42 (sh)": "0 fields", whole[:strings.Index(whole, " 777 ")]: "19 fields",
		strings.Replace(whole, " 777 ", " -777 ", 1):                 "start time",
		strings.Replace(whole, " 777 ", " 18446744073709551616 ", 1): "start time",
	} {
		if got, err := parseStat([]byte(in)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q was read as %+v, %v; want %q", in, got, err, says)
		}
	}
}

// FuzzParseStat: every name comes back as it was, and what is read of any bytes stands in them.
func FuzzParseStat(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add([]byte(name), uint64(4242))
		f.Add(statOf(name, 1), uint64(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, start uint64) {
		got, err := parseStat(statOf(string(b), start))
		if err != nil || string(got.comm) != string(b) || got.start != start {
			t.Errorf("%q, %d was read as %+v, %v", b, start, got, err)
		}
		got, err = parseStat(b)
		if err == nil && (!bytes.Contains(b, []byte("("+string(got.comm)+")")) || strings.Contains(string(b[bytes.LastIndexByte(b, ')')+1:]), ")")) {
			t.Errorf("%q was read as %+v", b, got)
		}
	})
}

// A name that the kernel cut is completed from the first argument, where that begins with it.
func TestFullName(t *testing.T) {
	const cut = "systemd-resolve" // 15 bytes
	for _, tt := range []struct{ comm, cmdline, want string }{
		{"sh", "/bin/sh-of-some-length\x00", "sh"},
		{cut, "/usr/lib/systemd/systemd-resolved\x00--flag\x00", "systemd-resolved"},
		{cut, "systemd-resolved", "systemd-resolved"},
		{cut, "", cut},
		{cut, "/usr/bin/other-program\x00", cut},
		{cut, "/usr/bin/systemd-resolved/\x00", cut},
		{cut, "\x00systemd-resolved", cut},
		{cut, "/" + cut + strings.Repeat("x", 2*maxName), cut + strings.Repeat("x", maxName-len(cut))},
		{"kworker/u8:2-events_unbound", "", "kworker/u8:2-events_unbound"},
	} {
		if got := fullName(tt.comm, []byte(tt.cmdline)); got != tt.want {
			t.Errorf("%q with %q is %q, want %q", tt.comm, tt.cmdline, got, tt.want)
		}
	}
}

// Whatever a process writes into its arguments, its name is its own or continues it.
func TestFullNameContinues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comm := rapid.StringN(0, -1, commLen).Draw(t, "comm")
		cmdline := rapid.SliceOf(rapid.Byte()).Draw(t, "cmdline")
		if rapid.Bool().Draw(t, "same") {
			cmdline = append([]byte("/bin/"+comm), cmdline...)
		}
		got := fullName(comm, cmdline)
		if !strings.HasPrefix(got, comm) || len(got) > maxName || got != comm && strings.ContainsAny(got[len(comm):], "/\x00") {
			t.Fatalf("%q with %q is %q", comm, cmdline, got)
		}
	})
}

// Only links to sockets are read, and only numbers that an inode can have.
func TestParseSocketLink(t *testing.T) {
	for in, want := range map[string]uint32{
		"socket:[4026]": 4026, "socket:[1]": 1, "socket:[4294967295]": 1<<32 - 1,
		"socket:[0]": 0, "socket:[4294967296]": 0, "socket:[99999999999]": 0, "socket:[]": 0, "socket:[-1]": 0,
		"socket:[+1]": 0, "socket:[1": 0, "socket:1]": 0, "socket:[1]]": 0, "socket:[ 1]": 0, "pipe:[4026]": 0,
		"/tmp/socket:[4026]": 0, "Socket:[4026]": 0, "": 0, "socket:[1] (deleted)": 0, "anon_inode:[eventpoll]": 0,
	} {
		if got, ok := parseSocketLink([]byte(in)); ok != (want != 0) || ok && got != want {
			t.Errorf("%q was read as %d, %v", in, got, ok)
		}
	}
}

// FuzzSocketLink: what is read is written as it was, but for leading zeros.
func FuzzSocketLink(f *testing.F) {
	for _, s := range []string{"socket:[4026]", "socket:[4294967295]", "socket:[4294967296]", "pipe:[1]", "socket:[]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		inode, ok := parseSocketLink(b)
		if !ok {
			return
		}
		number := strings.TrimLeft(strings.TrimSuffix(strings.TrimPrefix(string(b), "socket:["), "]"), "0")
		if inode == 0 || number != digits(inode) {
			t.Errorf("%q was read as %d", b, inode)
		}
	})
}

// entry writes a directory entry as getdents64(2) gives it.
func entry(name string) []byte {
	b := binary.NativeEndian.AppendUint64(make([]byte, 0, 32), 4711)
	b = binary.NativeEndian.AppendUint64(b, 1)
	n := (19 + len(name) + 1 + 7) &^ 7
	b = append(binary.NativeEndian.AppendUint16(b, uint16(n)), 4)
	return append(append(b, name...), make([]byte, n-19-len(name))...)
}

// Of directory entries those that are numbers are read; one that is cut off is an error.
func TestAppendNumbers(t *testing.T) {
	var b []byte
	for _, name := range []string{".", "..", "0", "42", "self", "4x", "-1", "2147483647", "2147483648", "12345678901", "007"} {
		b = append(b, entry(name)...)
	}
	got, err := appendNumbers([]int32{5}, b)
	if want := []int32{5, 0, 42, 2147483647, 7}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, cut := range []int{1, 18, 19, 23} {
		if got, err := appendNumbers(nil, entry("42")[:cut]); err == nil {
			t.Errorf("%d bytes of an entry were read as %v", cut, got)
		}
	}
}

// FuzzAppendNumbers: whatever the entries are, no number is negative and none comes out of nothing.
func FuzzAppendNumbers(f *testing.F) {
	f.Add(append(entry("1"), entry("self")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _ := appendNumbers(nil, b)
		for _, n := range got {
			if n < 0 || !bytes.Contains(b, []byte(strconv.Itoa(int(n)))) {
				t.Errorf("%q gives %d", b, n)
			}
		}
	})
}
