package poller

import "sockeye/poller/sockdiag"

const (
	// divideFrom is the number of TCP sockets from which on two are faster than one: dividing costs a second walk of the
	// kernel's tables.
	divideFrom = 8192
	// worthwhile is the largest part, of 100, that a division may leave in one piece.
	worthwhile = 80
	// portBucket is how many ports are counted together.
	portBucket = 256
)

// divide returns where sockets are best divided in two by a port of their local or of their remote end, and how many are
// in the lower part. ok is false where nearly all would be in one part.
func divide(sockets []Socket) (cut sockdiag.PortCut, lower int, ok bool) {
	var local, remote [1 << 16 / portBucket]int
	for i := range sockets {
		local[sockets[i].Local.Port()/portBucket]++
		remote[sockets[i].Remote.Port()/portBucket]++
	}
	bucket, lower := middle(&local, len(sockets))
	if b, n := middle(&remote, len(sockets)); larger(n, len(sockets)) < larger(lower, len(sockets)) {
		bucket, lower, cut.Remote = b, n, true
	}
	cut.Port = uint16(bucket * portBucket)
	return cut, lower, larger(lower, len(sockets))*100 <= worthwhile*len(sockets)
}

// middle returns the bucket before which nearest to half of all are counted, and how many those are. It is never the
// first.
func middle(counts *[1 << 16 / portBucket]int, all int) (bucket, below int) {
	bucket, below = 1, counts[0]
	for b, sum := 1, counts[0]; b < len(counts); b++ {
		if larger(sum, all) < larger(below, all) {
			bucket, below = b, sum
		}
		sum += counts[b]
	}
	return bucket, below
}

// larger returns the larger of two parts, of which one is n of all.
func larger(n, all int) int { return max(n, all-n) }

// apart returns two empty slices in the free memory behind dst, the first with room for n sockets or for all there is.
func apart(dst []Socket, n int) (a, b []Socket) {
	mid := min(len(dst)+n, cap(dst))
	return dst[len(dst):len(dst):mid], dst[mid:mid]
}

// joined returns dst with what was appended to the slices that apart returned, in their memory where they stayed in it.
func joined(dst, a, b []Socket) []Socket {
	if len(a) > 0 && cap(dst) > len(dst) && &a[0] == &dst[:len(dst)+1][len(dst)] {
		dst = dst[:len(dst)+len(a)]
	} else {
		dst = append(dst[:len(dst):len(dst)], a...) // b may stand where it would grow
	}
	return append(dst, b...)
}
