//go:build !linux && !windows && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package netinfo

// ribRoutes is not known here.
func ribRoutes() ([]Route, error) { return nil, unknown("routes") }

// ribNeighbours is not known here.
func ribNeighbours() ([]Neighbour, error) { return nil, unknown("neighbours") }
