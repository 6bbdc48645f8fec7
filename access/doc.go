// Package access knows who may see what: the roles, the links that invite others, and the sessions of those who came
// by one.
//
// A [Keeper] holds all of it in memory and nowhere else, so that every link and every session ends with the program. Of
// secrets it keeps hashes only. It knows nothing of HTTP: package server asks it who a request is from and puts the
// answer, a [Caller], into the request's context, where handlers find it by [Of].
package access
