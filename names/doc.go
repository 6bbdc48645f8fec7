// Package names finds the names of addresses (reverse DNS, RFC 1035 section 3.5) without making anybody wait.
//
// A [Cache] answers at once with what it knows and asks its [Resolver] for the rest, with few workers, and with a bound
// on everything: questions under way, answers kept, time for each. It asks for nothing by itself. The names are foreign
// text: whoever answers for an address may call it what they like, and nothing proves that the name has that address.
//
// [Multicast] is a resolver that asks devices of the local network for the names they give themselves.
package names
