//go:build !windows

package ports

import "time"

// RulesAge is how long rules that were read may be believed: here reading them is a matter of some files.
const RulesAge time.Duration = 0
