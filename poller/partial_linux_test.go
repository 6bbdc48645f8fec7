package poller

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sockeye/poller/sockdiag"
)

// A dump that is interrupted every time leaves the rows as they are; the table is said to be read in part, and is whole
// again once a dump is.
func TestNetlinkPartial(t *testing.T) {
	again := fmt.Errorf("dump: %w", sockdiag.ErrInterrupted)
	d := &fakeDumper{}
	p := fake(newNetlinkSource(d, nil), nobody{}, Options{})
	p.poll(t.Context())
	whole := statusOf(p)
	d.asked, d.fails = nil, slices.Repeat([]error{again}, dumpTries)
	p.poll(t.Context())
	s := statusOf(p)
	if s.Complete || !strings.HasPrefix(s.Stale, "Only a part of the sockets could be read") || s.Counts != whole.Counts || s.Seq != whole.Seq {
		t.Errorf("after %d interrupted dumps: %+v", len(d.asked), s)
	}
	p.poll(t.Context())
	if s := statusOf(p); !s.Complete || s.Stale != "" || s.Seq != whole.Seq+1 {
		t.Errorf("after a whole dump: %+v", s)
	}
}
