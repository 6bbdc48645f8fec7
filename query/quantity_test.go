package query

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"sockeye/poller"
)

// TestQuantities has numbers with units, how they are printed, and what they mean in the smallest unit.
func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		key, text, printed string
		low, high          int64
	}{
		{"rx", "0", "0", 0, 0},
		{"rx", "999", "999", 999, 999},
		{"rx", "1000", "1k", 1000, 1000},
		{"rx", "1K", "1k", 1000, 1000},
		{"rx", "1kB", "1k", 1000, 1000},
		{"rx", "1024", "1KiB", 1024, 1024},
		{"rx", "1KiB", "1KiB", 1024, 1024},
		{"rx", "1ki", "1KiB", 1024, 1024},
		{"rx", "1024000", "1024k", 1_024_000, 1_024_000},
		{"rx", "1.5M", "1500k", 1_500_000, 1_500_000},
		{"rx", "0.5k", "500", 500, 500},
		{"rx", "1.5MiB", "1536KiB", 1_572_864, 1_572_864},
		{"rx", "2G", "2G", 2_000_000_000, 2_000_000_000},
		{"rx", "1TiB", "1TiB", 1 << 40, 1 << 40},
		{"rx", ">1M", ">1M", 1_000_001, math.MaxInt64},
		{"rx", ">= 1M", ">=1M", 1_000_000, math.MaxInt64},
		{"rx", "<1M", "<1M", 0, 999_999},
		{"rx", "<=1M", "<=1M", 0, 1_000_000},
		{"rx", "=1M", "1M", 1_000_000, 1_000_000},
		{"rx", "<0", "<0", 0, -1},
		{"rx", "1k..1KiB", "1k..1KiB", 1000, 1024},
		{"rx", "5..5", "5", 5, 5},
		{"rxrate", "100k/s", "100k", 100_000, 100_000},
		{"rtt", "1", "1ms", 1000, 1000},
		{"rtt", "0", "0", 0, 0},
		{"rtt", "1.5", "1500us", 1500, 1500},
		{"rtt", "250us", "250us", 250, 250},
		{"rtt", "2000ms", "2s", 2_000_000, 2_000_000},
		{"age", "90", "90s", 90_000, 90_000},
		{"age", "120", "2m", 120_000, 120_000},
		{"age", "24h", "1d", 86_400_000, 86_400_000},
		{"age", "1500ms", "1500ms", 1500, 1500},
		{"age", "0.5m", "30s", 30_000, 30_000},
		{"retr", "1k", "1k", 1000, 1000},
		{"retr", "7", "7", 7, 7},
	} {
		k := findKey(c.key)
		v, err := k.kind.read(k, c.text)
		if err != nil {
			t.Errorf("%s:%s: %v", c.key, c.text, err)
			continue
		}
		var l limit
		switch v := v.(type) {
		case *amount:
			l = v.limit
		case *aged:
			l = v.limit
		}
		if v.text() != c.printed || l.low != c.low || l.high != c.high {
			t.Errorf("%s:%s is %d..%d, printed %s; want %d..%d, %s", c.key, c.text, l.low, l.high, v.text(), c.low, c.high, c.printed)
		}
	}
}

// TestQuantitiesRefused has what is no quantity.
func TestQuantitiesRefused(t *testing.T) {
	for _, box := range []string{"rx:k", "rx:1..", "rx:..1", "rx:1.2.3k", "rx:1e9", "rx:+1", "rx:١", "rx:>>1", "rx:>1..2",
		"rx:0.1", "rx:99999999999999999999999999", "rx:9223372036854775807", "rx:1Gs", "rtt:0.0001ms", "age:5w", "retr:1KiB", "retr:0.5",
		"age:>", "age:5m..1m", "pid:>x", "port:>", "port:>70000", "lport:1k"} {
		if q, err := Parse(box); err == nil {
			t.Errorf("%s is read as %q", box, q)
		}
	}
}

// TestQuantityPrintsItself holds that every number is printed so that it is read back.
func TestQuantityPrintsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := findKey(rapid.SampledFrom([]string{"rx", "rtt", "age", "retr"}).Draw(t, "key"))
		q := k.kind.(*quantityKind)
		n := rapid.Int64Range(0, 1<<50).Draw(t, "n")
		back, err := q.number(k, q.format(n))
		if err != nil || back != n {
			t.Fatalf("%d is printed as %s and read as %d: %v", n, q.format(n), back, err)
		}
	})
}

// TestUnknownQuantities holds that what is not known is within no limit, and stays where the limit is turned round.
func TestUnknownQuantities(t *testing.T) {
	c := &poller.Connection{ReceiveRate: 5, SendRate: 5}
	c.BytesReceived, c.RTT, c.Retransmits, c.ReceiveQueue = 5, 5, 5, 5
	for _, key := range []string{"rx", "tx", "rate", "rxrate", "txrate", "rq", "sq", "rtt", "retr", "age"} {
		for _, limit := range []string{"0", "<1", ">=0", "0..100"} {
			box := fmt.Sprintf("%s:%s", key, limit)
			if mustParse(t, box).Match(c) || !mustParse(t, "-"+box).Match(c) {
				t.Errorf("%s matches what is not known", box)
			}
		}
	}
}
