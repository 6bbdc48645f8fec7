package poller

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	family := max(r.Family, sockdiag.FamilyIPv4) // both together are told of by the first
	one := recordOf(func(one *sockdiag.Record) { one.Family, one.Cookie = family, uint64(10*try+1) })
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

// A dump that was interrupted is asked for again, up to four times; the rows of the tries that failed are dropped.
// Anything else is an error at once.
//
//attack:k2
func TestNetlinkDumpTries(t *testing.T) {
	again := fmt.Errorf("dump: %w", sockdiag.ErrInterrupted)
	for _, tt := range []struct {
		name  string
		fails []error
		tries int
		want  []ID
		err   error
	}{
		{"whole", nil, 3, []ID{99, 1, 2, 11, 12, 21, 22}, nil},
		{"interrupted once", []error{nil, again}, 4, []ID{99, 1, 2, 21, 22, 31, 32}, nil},
		{"interrupted three times", []error{again, again, again}, 6, []ID{99, 31, 32, 41, 42, 51, 52}, nil},
		{"interrupted four times", []error{again, again, again, again}, 4, []ID{99}, sockdiag.ErrInterrupted},
		{"interrupted, then refused", []error{again, unix.EPERM, unix.EPERM}, 3, []ID{99}, unix.EPERM},
		{"refused", []error{nil, nil, unix.EPERM}, 3, []ID{99, 1, 2, 11, 12}, unix.EPERM},
		{"truncated", []error{sockdiag.ErrTruncated}, 1, []ID{99}, sockdiag.ErrTruncated},
		{"both families refused together", []error{unix.ENOENT}, 5, []ID{99, 11, 12, 21, 22, 31, 32, 41, 42}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &fakeDumper{fails: tt.fails}
			s := newNetlinkSource(d, nil)
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

// TCP and UDP of both families are asked for, in all states, TCP with tcp_info and UDP with what it dropped; and so they
// are where the kernel refuses to tell of both families together, which it is not asked for again.
func TestNetlinkRequests(t *testing.T) {
	const udp, tcp = sockdiag.ProtocolUDP, sockdiag.ProtocolTCP
	type asking struct{ family, protocol uint8 }
	udps := []asking{{sockdiag.FamilyIPv4, udp}, {sockdiag.FamilyIPv6, udp}}
	joint := append([]asking{{sockdiag.FamilyAny, tcp}}, udps...)
	apart := append([]asking{{sockdiag.FamilyIPv4, tcp}, {sockdiag.FamilyIPv6, tcp}}, udps...)
	for _, tt := range []struct {
		fails []error
		want  []asking
	}{
		{nil, slices.Concat(joint, joint)},
		{[]error{unix.ENOENT}, slices.Concat(joint[:1], apart, apart)},
	} {
		d := &fakeDumper{fails: tt.fails}
		s := newNetlinkSource(d, nil)
		for range 2 {
			_, err := s.sockets(t.Context(), nil)
			check(t, err)
		}
		extensions := map[uint8]uint8{tcp: sockdiag.WithInfo, udp: sockdiag.WithMemory}
		var got []asking
		for _, r := range d.asked {
			got = append(got, asking{r.Family, r.Protocol})
			if r.States != sockdiag.AllStates || r.Extensions != extensions[r.Protocol] || r.Cut.Port != 0 {
				t.Errorf("request %+v", r)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("asked for %v, want %v", got, tt.want)
		}
		if err := s.Close(); !errors.Is(err, errBroken) || !d.closed {
			t.Errorf("Close returned %v, closed %v", err, d.closed)
		}
	}
}

// Interface names are asked for again after a while.
func TestNetlinkZonesAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newNetlinkSource(&fakeDumper{}, nil)
		s.first.zones.names[77] = "old"
		s.first.zones.since = time.Now()
		for _, want := range []int{1, 0} {
			_, err := s.sockets(t.Context(), nil)
			check(t, err)
			if _, known := s.first.zones.names[77]; known != (want == 1) {
				t.Errorf("remembered: %v", known)
			}
			time.Sleep(zoneAge)
		}
	})
}

// No dump is asked for after the end of the context.
func TestNetlinkCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &fakeDumper{after: cancel}
	s := newNetlinkSource(d, nil)
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

// Many sockets are divided among two netlink sockets, where the second can be had and ports divide them; few are not.
func TestNetlinkPlan(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	spread, alike := make([]Socket, divideFrom), make([]Socket, divideFrom)
	for i := range spread {
		spread[i], alike[i] = between(443, uint16(i*7)), between(443, 80)
	}
	for _, tt := range []struct {
		name    string
		tcp     []Socket
		dial    error
		divided bool
	}{{"many", spread, nil, true}, {"few", spread[1:], nil, false}, {"alike", alike, nil, false}, {"no second socket", spread, errBroken, false}} {
		s := newNetlinkSource(&fakeDumper{}, func() (dumper, error) { return &fakeDumper{}, tt.dial })
		s.cut.Port = 1
		s.plan(tt.tcp)
		if divided := s.cut.Port != 0; divided != tt.divided || divided && (s.second == nil || !s.cut.Remote) {
			t.Errorf("%s: divided at %+v, second socket %v", tt.name, s.cut, s.second)
		}
	}
}

// Both halves are asked for, beside each other, and what either fails with is the error of the dump.
func TestNetlinkHalves(t *testing.T) {
	for _, tt := range []struct {
		first, second error
		want          []ID
	}{{nil, nil, []ID{99, 1, 2, 1, 2}}, {unix.EIO, nil, nil}, {nil, unix.EIO, nil}} {
		one, two := &fakeDumper{fails: []error{tt.first, tt.first}}, &fakeDumper{fails: []error{tt.second, tt.second}}
		s := newNetlinkSource(one, nil)
		s.second, s.cut, s.tcp = newLane(two, interfaceName), sockdiag.PortCut{Port: 80}, tcpApart[:1]
		got, err := s.dumpTCP(t.Context(), []Socket{{ID: 99}})
		if failed := tt.want == nil; failed != errors.Is(err, unix.EIO) || !failed && !slices.Equal(ids(got), tt.want) {
			t.Errorf("%v with %v; want %v", ids(got), err, tt.want)
		}
		if one.asked[0].Cut.Upper || !two.asked[0].Cut.Upper || one.asked[0].Cut.Port != 80 || two.asked[0].Cut.Port != 80 {
			t.Errorf("asked for %+v and %+v", one.asked, two.asked)
		}
	}
}
