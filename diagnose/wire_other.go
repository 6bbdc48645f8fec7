//go:build !linux

package diagnose

import (
	"errors"
	"fmt"
)

// watchWire is not possible here.
func watchWire() (*sightings, func(), error) {
	return nil, nil, fmt.Errorf("watch packets: %w", errors.ErrUnsupported)
}
