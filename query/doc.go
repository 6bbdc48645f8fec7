// Package query is the language of views: which connections to show and in what order.
//
// A [Query] is read from the text of the filter box ([Parse]) or from a URL ([FromURL]) and printed back to either
// ([Query.String], [Query.Encode]). Both prints are canonical: whatever spelling came in, the same view has the same
// text, so that a URL can be compared, shared and used as the name of a view.
//
// The language is a conjunction of terms:
//
//	query  = [ term *( space term ) ]
//	term   = ["-"] ( key ":" value *( "," value ) | word )
//	value  = bare / quoted              a word is a value as well
//	quoted = `"` *( character / escape ) `"`   with the escapes of a Go string literal
//
// Values of one key are alternatives, terms must all hold, and a leading "-" turns a term round. A term is exactly
// one pair of the URL: "port:80,443" is port=80,443, "-proc:sshd" is -proc=sshd and a word is q=word. The words or,
// and, not and unquoted parentheses are refused, because they will have a meaning.
//
// The order is in the URL only: sort=-rxrate,proc. Terms and columns keep the order in which they were written, and
// what is there twice is taken once. Reading is linear in the length of the input, which is bounded by [MaxLength];
// matching is linear in the number of values, which is bounded too.
//
// A fact that is not known, or not there, is matched by no value and sorted behind all others. The remote end of a
// socket that is not connected is not there.
//
// Inside, the terms are leaves of an expression tree (expr.go) that can carry further kinds of node. Every key is one
// entry of the table in keys.go; parsing, printing, the help and the documentation are all made from it. Columns to
// sort by are in columns.go.
//
// All values are immutable and safe for use by several goroutines.
package query
