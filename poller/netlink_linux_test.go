package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/poller/sockdiag"
)

// fakeDumper answers requests in place of the kernel, with two records each. fails holds what the tries fail with,
// one after the other, after their first record.
type fakeDumper struct {
	asked  []sockdiag.Request
	fails  []error
	after  func() // called after each try; may be nil
	closed bool
}

func (d *fakeDumper) Dump(r sockdiag.Request, each func(*sockdiag.Record)) error {
	try := len(d.asked)
	d.asked = append(d.asked, r)
	if d.after != nil {
		defer d.after()
	}
	one := recordOf(func(one *sockdiag.Record) { one.Family, one.Cookie = r.Family, uint64(10*try+1) })
	each(one)
	if try < len(d.fails) && d.fails[try] != nil {
		return d.fails[try]
	}
	one.Cookie++
	each(one)
	return nil
}

func (d *fakeDumper) Close() error {
	d.closed = true
	return errBroken
}

// ids returns the sockets' IDs.
func ids(sockets []Socket) (all []ID) {
	for _, s := range sockets {
		all = append(all, s.ID)
	}
	return all
}

// A dump that was interrupted is asked for again, up to four times; the rows of the tries that failed are dropped.
// Anything else is an error at once.
func TestNetlinkDumpTries(t *testing.T) {
	again := fmt.Errorf("dump: %w", sockdiag.ErrInterrupted)
	for _, tt := range []struct {
		name  string
		fails []error
		tries int
		want  []ID
		err   error
	}{
		{"whole", nil, 4, []ID{99, 1, 2, 11, 12, 21, 22, 31, 32}, nil},
		{"interrupted once", []error{nil, again}, 5, []ID{99, 1, 2, 21, 22, 31, 32, 41, 42}, nil},
		{"interrupted three times", []error{again, again, again}, 7, []ID{99, 31, 32, 41, 42, 51, 52, 61, 62}, nil},
		{"interrupted four times", []error{again, again, again, again}, 4, []ID{99}, sockdiag.ErrInterrupted},
		{"interrupted, then refused", []error{again, unix.EPERM}, 2, []ID{99}, unix.EPERM},
		{"refused", []error{nil, nil, unix.EPERM}, 3, []ID{99, 1, 2, 11, 12}, unix.EPERM},
		{"truncated", []error{sockdiag.ErrTruncated}, 1, []ID{99}, sockdiag.ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &fakeDumper{fails: tt.fails}
			s := &netlinkSource{conn: d, zones: newZoneCache(zoneOf)}
			got, err := s.sockets(t.Context(), []Socket{{ID: 99}})
			if !errors.Is(err, tt.err) || len(d.asked) != tt.tries || !slices.Equal(ids(got), tt.want) {
				t.Errorf("%v after %d tries with %v; want %v after %d with %v", ids(got), len(d.asked), err, tt.want, tt.tries, tt.err)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "netlink: ") {
				t.Errorf("the error does not say where it is from: %v", err)
			}
		})
	}
}

// TCP and UDP of both families are asked for, in all states, TCP with tcp_info and UDP with what it dropped.
func TestNetlinkRequests(t *testing.T) {
	d := &fakeDumper{}
	s := &netlinkSource{conn: d, zones: newZoneCache(zoneOf)}
	got, err := s.sockets(t.Context(), nil)
	check(t, err)
	asked := map[want]bool{}
	extensions := map[uint8]uint8{sockdiag.ProtocolTCP: sockdiag.WithInfo, sockdiag.ProtocolUDP: sockdiag.WithMemory}
	for i, r := range d.asked {
		if r.States != sockdiag.AllStates || r.Extensions != extensions[r.Protocol] {
			t.Errorf("request %+v", r)
		}
		asked[want{Protocol: got[2*i].Protocol, Family: got[2*i].Family}] = true
	}
	if len(asked) != 4 || len(d.asked) != 4 {
		t.Errorf("asked for %v", d.asked)
	}
	if err := s.Close(); !errors.Is(err, errBroken) || !d.closed {
		t.Errorf("Close returned %v, closed %v", err, d.closed)
	}
}

// No dump is asked for after the end of the context.
func TestNetlinkCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &fakeDumper{after: cancel}
	s := &netlinkSource{conn: d, zones: newZoneCache(zoneOf)}
	if _, err := s.sockets(ctx, nil); !errors.Is(err, context.Canceled) || len(d.asked) != 1 {
		t.Errorf("%v after %d dumps", err, len(d.asked))
	}
}

// Interfaces have names; what is none has not.
func TestInterfaceName(t *testing.T) {
	if name := interfaceName(1); name != "lo" {
		t.Errorf("interface 1 is %q, want lo", name)
	}
	if name := interfaceName(1 << 30); name != "" {
		t.Errorf("an interface that does not exist is %q", name)
	}
}
