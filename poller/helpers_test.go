package poller

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os/user"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// No test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func digits(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// check ends the test on an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// comparable compares addresses, which have no exported fields.
func comparable() cmp.Option {
	return cmp.Options{
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	}
}

// quiet is a log that nobody reads.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// errBroken is what fakes fail with.
var errBroken = errors.New("broken on purpose")

// scripted is a source whose dumps the test makes.
type scripted struct {
	kind   SourceKind
	list   func(ctx context.Context) ([]Socket, error)
	closed int
}

func (s *scripted) name() SourceKind { return s.kind }
func (s *scripted) notes() []string  { return []string{"a note of the source"} }

func (s *scripted) sockets(ctx context.Context, dst []Socket) ([]Socket, error) {
	sockets, err := s.list(ctx)
	return append(dst, sockets...), err
}

func (s *scripted) Close() error {
	s.closed++
	return errBroken
}

// lists makes a source that gives the sockets in *sockets, or the error in *err where there is one.
func lists(sockets *[]Socket, err *error) *scripted {
	return &scripted{kind: SourceNetlink, list: func(context.Context) ([]Socket, error) { return *sockets, *err }}
}

// nobody is an ownerFinder that knows of no process.
type nobody struct{}

func (nobody) owner(*Socket) (*Process, OwnerNote)                                 { return nil, OwnerNone }
func (nobody) verify() (map[*Process]bool, map[uint32]bool)                        { return nil, nil }
func (nobody) find(context.Context, []*Socket, func([]*Socket) []int32, time.Time) {}
func (nobody) forget(*Socket)                                                      {}
func nobodyKnown(string) (*user.User, error)                                       { return nil, user.UnknownUserIdError(0) }
func noAddresses() ([]net.Addr, error)                                             { return nil, nil }

// usualPorts is the range of ephemeral ports of Linux, unless set otherwise.
func usualPorts() (portRange, error) { return portRange{32768, 60999}, nil }

// fake puts a Poller together that asks nothing of the system.
func fake(s source, owners ownerFinder, o Options) *Poller {
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.Log == nil {
		o.Log = quiet()
	}
	p := newPoller(s, owners, o)
	p.users.lookup, p.own.list, p.ports.read = nobodyKnown, noAddresses, usualPorts
	return p
}

// bring brings a table to the state of a dump that was taken elapsed after the last one.
func bring(t *Table, next []Socket, elapsed time.Duration, own ...netip.Addr) Delta {
	t.ephemeral, _ = usualPorts()
	u := update{next: next, change: Diff(t, next), elapsed: elapsed, owners: nobody{}, users: digits, own: map[netip.Addr]bool{}}
	for _, a := range own {
		u.own[a] = true
	}
	t.leave(u.change.Closed)
	return t.apply(&u)
}

// rows returns copies of the table's rows.
func rows(t *Table) map[ID]Connection {
	all := map[ID]Connection{}
	for c := range t.All() {
		all[c.ID] = *c
	}
	return all
}

// tcp4 makes a TCP socket from its two ends, "" for a remote end that is not there.
func tcp4(id ID, s State, local, remote string) Socket {
	if remote == "" {
		remote = "0.0.0.0:0"
	}
	return Socket{ID: id, Protocol: TCP, Family: IPv4, State: s, Known: KnownUID, Inode: uint32(id),
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
}

// ids returns the sockets' IDs.
func ids(sockets []Socket) (all []ID) {
	for _, s := range sockets {
		all = append(all, s.ID)
	}
	return all
}
