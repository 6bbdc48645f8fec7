//go:build !linux

package diagnose

import "errors"

// setSegment is not tried here: systems differ in whether they announce it.
func setSegment(uintptr, int) error { return errors.ErrUnsupported }

// setDevice is not possible here.
func setDevice(uintptr, string) error { return errors.ErrUnsupported }
