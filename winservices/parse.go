package winservices

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
)

// Names are the names of services, in ascending order, by the process they run in.
type Names map[uint32][]string

// entrySize is that of ENUM_SERVICE_STATUS_PROCESSW on a 64-bit system: two pointers, nine words, and four bytes that
// round it up to 8. pidAt is where its process id stands.
const (
	entrySize = 56
	pidAt     = 16 + 7*4
)

// maxName is the most letters that a service's name has (CreateService).
const maxName = 256

// errTruncated is for a list that ends before its last entry or name does.
var errTruncated = errors.New("the list of services is cut off")

// parse reads n entries from the start of b. The names stand further back in b; entries point to them by their addresses
// in memory, of which base is that of b's first byte. An entry whose process id is 0 is a service that does not run.
func parse(b []byte, n uint32, base uint64) (Names, error) {
	if uint64(n)*entrySize > uint64(len(b)) {
		return nil, fmt.Errorf("%d entries in %d bytes: %w", n, len(b), errTruncated)
	}
	names := Names{}
	for i := range int(n) {
		entry := b[i*entrySize:][:entrySize]
		pid := binary.LittleEndian.Uint32(entry[pidAt:])
		if pid == 0 {
			continue
		}
		at := binary.LittleEndian.Uint64(entry) - base // beyond the end where it points before the start
		if at >= uint64(len(b)) {
			return nil, fmt.Errorf("the name of entry %d is not in the list: %w", i, errTruncated)
		}
		name, err := text(b[at:])
		if err != nil {
			return nil, fmt.Errorf("the name of entry %d: %w", i, err)
		}
		names[pid] = append(names[pid], name)
	}
	for pid := range names {
		slices.Sort(names[pid])
	}
	return names, nil
}

// text reads UTF-16 up to its zero.
func text(b []byte) (string, error) {
	var letters []uint16
	for ; len(b) >= 2 && len(letters) <= maxName; b = b[2:] {
		letter := binary.LittleEndian.Uint16(b)
		if letter == 0 {
			return string(utf16.Decode(letters)), nil
		}
		letters = append(letters, letter)
	}
	return "", errTruncated
}
