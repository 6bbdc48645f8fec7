//go:build !linux

package e2e

import "testing"

// actionFlags are none where nothing can be ended.
func actionFlags(*testing.T) []string { return nil }
