package web

import "strings"

// index numbers values from 1 on, so that they can be counted in slices. A number is used again when nothing holds it.
type index[T comparable] struct {
	numbers map[T]int32
	values  []T
	holders []int32
	free    []int32
	// turn grows as values come and go.
	turn uint64
}

// newIndex returns an index without values; 0 stands for none.
func newIndex[T comparable]() index[T] {
	return index[T]{numbers: map[T]int32{}, values: make([]T, 1), holders: make([]int32, 1)}
}

// hold returns the number of a value for one holder more.
func (x *index[T]) hold(v T) int32 {
	n, ok := x.numbers[v]
	if !ok {
		n = x.next()
		x.numbers[v], x.values[n] = n, v
		x.turn++
	}
	x.holders[n]++
	return n
}

// next returns a number that is not used.
func (x *index[T]) next() int32 {
	if last := len(x.free) - 1; last >= 0 {
		n := x.free[last]
		x.free = x.free[:last]
		return n
	}
	var none T
	x.values, x.holders = append(x.values, none), append(x.holders, 0)
	return int32(len(x.values) - 1)
}

// release ends what one hold began; 0 is nobody's.
func (x *index[T]) release(n int32) {
	if n == 0 {
		return
	}
	if x.holders[n]--; x.holders[n] == 0 {
		var none T
		delete(x.numbers, x.values[n])
		x.values[n] = none
		x.free = append(x.free, n)
		x.turn++
	}
}

// nameIndex is an index of names that knows which of them have others in them.
type nameIndex struct {
	index[string]
	// parts says of the names that were asked for whether they are a part of another, as of partsTurn.
	parts     map[int32]bool
	partsTurn uint64
}

// newNameIndex returns an index without names.
func newNameIndex() nameIndex { return nameIndex{index: newIndex[string](), parts: map[int32]bool{}} }

// isPart reports whether a name is a part of another, whatever the case. It looks at all names once, until there are
// others.
func (x *nameIndex) isPart(n int32) bool {
	if x.partsTurn != x.turn {
		clear(x.parts)
		x.partsTurn = x.turn
	}
	part, known := x.parts[n]
	if !known {
		part = x.findPart(x.values[n])
		x.parts[n] = part
	}
	return part
}

// findPart looks for a longer name that has this one in it.
func (x *nameIndex) findPart(name string) bool {
	lower := strings.ToLower(name)
	for _, other := range x.values {
		if len(other) > len(name) && strings.Contains(strings.ToLower(other), lower) {
			return true
		}
	}
	return false
}
