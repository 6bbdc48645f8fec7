package diagnose

import (
	"fmt"
	"net/netip"
	"time"

	"sockeye/poller"
)

// How old a request must be to count as not answered, and how many make a finding.
const (
	callOld  = 3 * time.Second
	callsOne = 5
	callsAll = 8
	callsMax = 10000 // that are looked at
)

// waiting are the requests to one address that are not answered.
type waiting struct {
	count int
	last  *poller.Connection
}

// unanswered returns the requests that are not answered, by address: those that are old, or were sent again after 1 s
// and after 3 s.
func (w *Watch) unanswered(rows Rows) (by map[netip.Addr]waiting, total int) {
	by = map[netip.Addr]waiting{}
	looked := 0
	for id, since := range w.dialling.calls {
		if looked++; looked > callsMax {
			break
		}
		c, ok := rows.Get(id)
		if !ok || c.State != poller.StateSynSent {
			continue
		}
		repeated := c.Known.Has(poller.KnownRetransmits) && c.Retransmits >= 2
		if !repeated && w.since(since) < callOld {
			continue
		}
		one := by[c.Remote.Addr()]
		if one.count++; one.last == nil || c.ID > one.last.ID {
			one.last = c
		}
		by[c.Remote.Addr()] = one
		total++
	}
	return by, total
}

// calls: connections that are asked for are not answered, by one or by all.
func (w *Watch) calls(k look) (list []Finding) {
	by, total := w.unanswered(k.rows)
	silent := !w.dialling.ever || w.since(w.dialling.answered) > 2*callOld
	if len(by) >= 3 && total >= callsAll && silent {
		return []Finding{{
			Place: PlaceLine, Cause: causeCallsAll, Severity: Warning, Evidence: "state:SYN_SENT", Mend: k.diagnose(),
			Sentence: fmt.Sprintf("%d connections to %d addresses are not answered, and no other was lately: the way out is broken, or a firewall holds them back.", total, len(by)),
			Harmless: "A program that looks through a network for devices asks many that are not there.",
		}}
	}
	for a, one := range by {
		if one.count >= callsOne {
			list = append(list, Finding{
				Place: PlaceServer, Cause: causeCallsOne, Severity: Warning, Evidence: filter("state:SYN_SENT", "rip:"+a.String()), Mend: k.askAbout(one.last.Remote),
				Sentence: fmt.Sprintf("%s does not answer: %d connections to it wait, the last of %s.", a, one.count, lower(nameOf(one.last.Owner))),
				Harmless: "The server may be switched off on purpose.",
			})
		}
	}
	return bySentence(list)
}
