//go:build !windows

package main

import "os"

// main has nothing to do here.
func main() {
	_ = holding{}
	os.Exit(2)
}
