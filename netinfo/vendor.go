package netinfo

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
)

// vendorFile is the registry of makers in the form that encodeVendors writes, in gzip.
//
//go:embed vendors.gz
var vendorFile []byte

// RegistryDate is the day of the IEEE registry that is built in.
const RegistryDate = "2026-08-26"

// Vendors knows the makers of network hardware by the first 24, 28 or 36 bits of its addresses (the IEEE's MA-L, MA-M
// and MA-S assignments). It is safe for concurrent use.
type Vendors struct {
	prefixes []uint64 // length in bits above, digits below: see vendorKey; ascending
	names    []uint32 // of each prefix: its place in text
	text     []string
}

// LoadVendors unpacks the registry that is built in, which takes some milliseconds and 2 MB.
var LoadVendors = sync.OnceValues(func() (*Vendors, error) {
	z, err := gzip.NewReader(bytes.NewReader(vendorFile))
	if err != nil {
		return nil, fmt.Errorf("unpack the registry of makers: %w", err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("unpack the registry of makers: %w", err)
	}
	return parseVendors(b)
})

// Maker returns who made the device with a hardware address. ok is false where the registry does not tell; local tells
// that the address was made up by software, as phones and virtual machines do, and cannot tell.
func (v *Vendors) Maker(mac net.HardwareAddr) (name string, local, ok bool) {
	if len(mac) != 6 {
		return "", false, false
	}
	if mac[0]&2 != 0 {
		return "", true, false
	}
	n := binary.BigEndian.Uint64(append([]byte{0, 0}, mac...))
	for _, bits := range []int{36, 28, 24} {
		if at, found := slices.BinarySearch(v.prefixes, vendorKey(bits, n>>(48-bits))); found {
			return v.text[v.names[at]], false, true
		}
	}
	return "", false, false
}

// vendorKey orders prefixes by length and then by value.
func vendorKey(bits int, prefix uint64) uint64 { return uint64(bits)<<36 | prefix }

// errVendors is a registry that cannot be read.
var errVendors = errors.New("the registry of makers is damaged")

// parseVendors reads the registry: the number of names, the names with a line feed behind each, then for each prefix
// the distance of its key from the one before and its name's place, all numbers as unsigned varints.
func parseVendors(b []byte) (*Vendors, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return nil, errVendors
	}
	b = b[n:]
	v := &Vendors{text: make([]string, 0, count)}
	for range count {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return nil, errVendors
		}
		v.text, b = append(v.text, string(b[:end])), b[end+1:]
	}
	for key := uint64(0); len(b) > 0; {
		step, n := binary.Uvarint(b)
		if n <= 0 || step == 0 || key+step < key {
			return nil, errVendors
		}
		name, m := binary.Uvarint(b[n:])
		if m <= 0 || name >= count {
			return nil, errVendors
		}
		key, b = key+step, b[n+m:]
		v.prefixes, v.names = append(v.prefixes, key), append(v.names, uint32(name))
	}
	return v, nil
}

// encode writes what parseVendors reads.
func (v *Vendors) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(v.text)))
	b = append(b, strings.Join(append(slices.Clone(v.text), ""), "\n")...)
	last := uint64(0)
	for i, p := range v.prefixes {
		b = binary.AppendUvarint(b, p-last)
		b = binary.AppendUvarint(b, uint64(v.names[i]))
		last = p
	}
	return b
}
