//go:build !windows

package winservices

// List returns none: only Windows has services of this kind.
func List() (Names, error) { return nil, nil }
