package views

import "sockeye/capability"

// Platforms is the page of what each source can know.
type Platforms struct {
	Page
	// Here is the position of the source that is used among [capability.Platforms], -1 where it is none of them.
	Here int
}

// levelMark is a level as a cell shows it.
func levelMark(l capability.Level) string {
	if l == capability.No {
		return Dash
	}
	return string(l)
}

// cellClass marks what is not known.
func cellClass(l capability.Level) string {
	if l == capability.No {
		return "unknown"
	}
	return ""
}
