//go:build !linux

package main

import "errors"

// become is for Linux only.
func become(string, []string, bool) error {
	return errors.New("--user is for Linux only; run sockeye as the user that it is to be")
}
