package poller

import "testing"

// BenchmarkPoll measures one poll of this machine as it is now, owners included. Open many sockets first
// (bench/sockets) to see it at size.
func BenchmarkPoll(b *testing.B) {
	p, err := New(b.Context(), Options{Source: SourceNetlink, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.source.Close()
	p.poll(b.Context())
	p.poll(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		p.poll(b.Context())
	}
	b.ReportMetric(float64(p.table.Len()), "sockets")
}

// BenchmarkDumpOnly measures the listing of the same sockets, without table and owners.
func BenchmarkDumpOnly(b *testing.B) {
	s, err := openNetlink()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var dump []Socket
	b.ReportAllocs()
	for b.Loop() {
		if dump, err = s.sockets(b.Context(), dump[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
