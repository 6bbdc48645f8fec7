package ports_test

import (
	"fmt"

	"sockeye/ports"
)

func ExampleParseTarget() {
	for _, text := range []string{":443/udp", "postgres", "99999"} {
		target, err := ports.ParseTarget(text)
		fmt.Println(target.Port, target, err)
	}
	// Output:
	// 443 443/udp <nil>
	// 5432 postgres <nil>
	// 0 0 a port must be 1 to 65535, not 99999
}

func ExampleLookup() {
	s, ok := ports.Lookup(443, "tcp")
	fmt.Println(s.Name, s.Registered, ok)
	// Output: https true true
}
