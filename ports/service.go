package ports

import (
	"slices"
	"strconv"
	"strings"
)

// Service is what a port is for.
type Service struct {
	// Port and Protocol ("tcp" or "udp") are what it is found at.
	Port     uint16
	Protocol string
	// Name is its short name in lower case, in the form of RFC 6335 section 5.1.
	Name string
	// Description is a sentence without a full stop on what it is. Where a number is used for something else than it
	// is registered for, it says so.
	Description string
	// Registered is set where Name is the one of IANA's registry (RFC 6335). Else it is common use only, and the
	// registry may have another name or none.
	Registered bool
}

// Lookup returns what a port is for; ok is false where nothing is known of it. The protocol is "tcp" or "udp". It
// allocates nothing.
func Lookup(port uint16, protocol string) (s Service, ok bool) {
	t := names()
	i, ok := t.byPort[endpoint{port, protocol}]
	if !ok {
		return Service{}, false
	}
	return t.entries[i].Service, true
}

// ByName returns the services with exactly this name or other name, in any case: those whose own name it is first,
// then by port, TCP before UDP. The caller owns the slice, which is nil where there is none.
func ByName(name string) []Service {
	t := names()
	found := t.byName[strings.ToLower(name)]
	if len(found) == 0 {
		return nil
	}
	services := make([]Service, len(found))
	for i, at := range found {
		services[i] = t.entries[at].Service
	}
	return services
}

// Suggest returns at most n services for what somebody begins to write: a name, another name or a port number, in
// any case. A name of two protocols at one port is there once. Exact matches come first, then by port. Nothing is
// suggested for an empty prefix.
func Suggest(prefix string, n int) []Service {
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	if prefix == "" || n <= 0 {
		return nil
	}
	var exact, begun []Service
	last := Service{}
	for _, e := range names().entries {
		if e.Port == last.Port && e.Name == last.Name {
			continue
		}
		last = e.Service
		switch {
		case e.is(prefix):
			exact = append(exact, e.Service)
		case e.begins(prefix):
			begun = append(begun, e.Service)
		}
	}
	all := append(exact, begun...)
	return slices.Clip(all[:min(n, len(all))])
}

// Class returns the range a port is in (RFC 6335 section 6): "system" 0 to 1023, "user" 1024 to 49151, "dynamic"
// 49152 to 65535.
func Class(port uint16) string {
	switch {
	case port < 1024:
		return "system"
	case port < 49152:
		return "user"
	}
	return "dynamic"
}

// is reports whether the text is one of the entry's names, or its port.
func (e *entry) is(text string) bool {
	return e.Name == text || slices.Contains(e.also, text) || strconv.Itoa(int(e.Port)) == text
}

// begins reports whether one of the entry's names, or its port, begins with the text.
func (e *entry) begins(text string) bool {
	return strings.HasPrefix(e.Name, text) || strings.HasPrefix(strconv.Itoa(int(e.Port)), text) ||
		slices.ContainsFunc(e.also, func(name string) bool { return strings.HasPrefix(name, text) })
}
