//go:build !linux && !darwin && !freebsd

package ports

// ReadRules returns the rules that Windows has unless netsh set others. The excluded ranges are not read: a port that
// seems free may be in one.
func ReadRules() Rules { return Rules{Ephemeral: Span{49152, 65535}, MayPrivileged: true} }
