package web

import (
	"testing"

	"sockeye/query"
)

// BenchmarkGroups shows the cost of a tick of one grouped view, by what it groups by; see [BenchmarkViews]. Of 100,000
// sockets there are 200 processes, 256 remote addresses, 60,000 ports and 3 states; plain is the same without groups.
func BenchmarkGroups(b *testing.B) {
	for name, text := range map[string]string{
		"plain":   "",
		"process": "group=process", "remote": "group=remote&sort=-rxrate", "lport": "group=lport", "state": "group=state",
		"filtered": "group=process&state=ESTABLISHED", "open": "group=process&sort=-rxrate&open=worker-1&open=worker-2&open=worker-3",
		"pair": "pair=1", "names": "group=remote&names=1",
	} {
		b.Run(name, func(b *testing.B) {
			q, _, err := query.FromURL(text)
			if err != nil {
				b.Fatal(err)
			}
			benchmarkTick(b, []query.Query{q}, 1, false)
		})
	}
}
