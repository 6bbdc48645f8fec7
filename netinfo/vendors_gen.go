//go:build ignore

// Makes vendors.gz from the npm package oui-data, which carries the IEEE's MA-L, MA-M and MA-S registries:
//
//	npm pack oui-data && tar -xzf oui-data-*.tgz package/index.json && go run vendors_gen.go package/index.json
//
// RegistryDate in vendor.go is the day on which that package was published.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var registry map[string]string
	if err := json.Unmarshal(raw, &registry); err != nil {
		log.Fatal(err)
	}
	names, order := map[uint64]string{}, []uint64{}
	for digits, entry := range registry {
		prefix, err := strconv.ParseUint(digits, 16, 64)
		if err != nil {
			log.Fatal(err)
		}
		name, _, _ := strings.Cut(entry, "\n")
		key := uint64(len(digits)*4)<<36 | prefix
		names[key], order = strings.Join(strings.Fields(name), " "), append(order, key)
	}
	slices.Sort(order)
	var text, prefixes []byte
	place, last := map[string]uint64{}, uint64(0)
	for _, key := range order {
		name := names[key]
		if _, known := place[name]; !known {
			place[name] = uint64(len(place))
			text = append(text, name+"\n"...)
		}
		prefixes = binary.AppendUvarint(prefixes, key-last)
		prefixes = binary.AppendUvarint(prefixes, place[name])
		last = key
	}
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	z.Write(binary.AppendUvarint(nil, uint64(len(place))))
	z.Write(text)
	z.Write(prefixes)
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("vendors.gz", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
