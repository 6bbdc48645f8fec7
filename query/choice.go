package query

import (
	"slices"
	"strings"

	"sockeye/poller"
)

// choiceKind is the kind of a fact that has few values, each with a name.
type choiceKind struct {
	// of returns the fact as a number below 32, the bit that [option.set] has for it.
	of func(c *poller.Connection) uint8
	// options are in the order in which help and messages name them.
	options []option
}

// option is a name that can be chosen.
type option struct {
	name string
	// set has bit n where the name means value n; a name may mean several.
	set uint32
	// also are other spellings, in the form that [squeeze] gives.
	also []string
}

// word returns "choice".
func (*choiceKind) word() string { return "choice" }

// read accepts the names and other spellings in any case, with or without "-" and "_".
func (k *choiceKind) read(key *key, text string) (value, *Error) {
	wanted := squeeze(text)
	for i := range k.options {
		o := &k.options[i]
		if squeeze(o.name) == wanted || slices.Contains(o.also, wanted) {
			return &chosen{kind: k, option: o}, nil
		}
	}
	return nil, failf("unknown %s %s: one of %s", strings.ToLower(key.Title), shown(text), strings.Join(k.names(), ", "))
}

// names returns the canonical names, in order.
func (k *choiceKind) names() []string {
	names := make([]string, len(k.options))
	for i, o := range k.options {
		names[i] = o.name
	}
	return names
}

// squeeze removes what spellings of one name differ by: case, "-", "_" and spaces.
func squeeze(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// chosen is one option.
type chosen struct {
	kind   *choiceKind
	option *option
}

// match reports whether the fact is among the values that the option means.
func (v *chosen) match(c *poller.Connection) bool { return v.option.set>>v.kind.of(c)&1 != 0 }

// text returns the canonical name. A set of values keeps its own name and is not printed as its members.
func (v *chosen) text() string { return v.option.name }

// states returns the states as options, and the two sets of them that ss has names for. The other spellings are those
// of ss, of netstat on Linux, Windows, macOS and FreeBSD, and of RFC 9293; those that differ from ours only by "-", "_" or
// case need no mention. An unconnected UDP socket is UNCONN in ss and NONE here.
func states() []option {
	also := map[poller.State][]string{
		poller.StateListen:      {"listening"},
		poller.StateSynReceived: {"synrecv", "synrcvd", "synreceive"},
		poller.StateEstablished: {"estab"},
		poller.StateClosed:      {"close"},
		poller.StateNone:        {"unconn", "unconnected"},
	}
	var options []option
	var connected uint32
	for _, s := range poller.States() {
		options = append(options, option{s.String(), 1 << s, also[s]})
		connected |= 1 << s
	}
	connected &^= 1<<poller.StateListen | 1<<poller.StateClosed | 1<<poller.StateNone
	return append(options,
		option{"connected", connected, nil},
		option{"synchronized", connected &^ (1 << poller.StateSynSent), []string{"synchronised"}})
}

// directions returns the directions as options.
func directions() []option {
	also := [poller.NumDirections][]string{
		poller.Inbound: {"in"}, poller.Outbound: {"out"}, poller.Listening: {"listen"},
	}
	var options []option
	for d := poller.Inbound; d < poller.NumDirections; d++ {
		options = append(options, option{d.String(), 1 << d, also[d]})
	}
	return append(options, option{poller.DirectionUnknown.String(), 1 << poller.DirectionUnknown, nil})
}
