//go:build !linux && !windows

package actions

import "runtime"

// nothing is the system that can do nothing.
type nothing struct{}

// newSystem returns the system that can do nothing.
func newSystem() system { return nothing{} }

// whyNothing says so.
const whyNothing = "On " + runtime.GOOS + " sockeye ends neither connections nor processes."

func (nothing) closing() Ability                  { return Ability{Why: whyNothing} }
func (nothing) ending() Ability                   { return Ability{Why: whyNothing} }
func (nothing) boot() (string, error)             { return "", errUnsupported }
func (nothing) family() (map[int32]bool, error)   { return nil, errUnsupported }
func (nothing) pin(int32) (held, error)           { return nil, errUnsupported }
func (nothing) socket(Connection) (socket, error) { return nil, errUnsupported }

// CheckStart finds nothing wrong: no file has rights of its own here.
func CheckStart() error { return nil }
