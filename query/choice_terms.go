package query

import "slices"

// Choice parts q at a key, for lists from which values are chosen: in are the values that its terms ask for and out
// those that they leave out, in canonical spelling and quoted as in the box, each once; rest is q without these terms.
// Terms inside of groups are no part of it. An unknown key has no terms.
func (q Query) Choice(key string) (rest Query, in, out []string) {
	rest = q
	rest.filter = nil
	for _, e := range q.filter {
		k, ok := e.(*keyed)
		switch {
		case !ok || k.key.Name != key:
			rest.filter = append(rest.filter, e)
		case k.not:
			out = appendNew(out, k)
		default:
			in = appendNew(in, k)
		}
	}
	return rest, in, out
}

// appendNew adds the values of a term that are not there yet.
func appendNew(list []string, k *keyed) []string {
	for _, text := range k.term().quoted() {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
