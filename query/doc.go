// Package query is the language of views: which connections to show and in what order.
//
// A [Query] is read from the text of the filter box ([Parse]) or from a URL ([FromURL]) and printed back to either
// ([Query.String], [Query.Encode]). Both prints are canonical: whatever spelling came in, the same view has the same
// text, so that a URL can be compared, shared and used as the name of a view.
//
// The language is terms that are joined. Not binds closest, then and, then or:
//
//	query  = [ or ]
//	or     = and *( ( "or" / "||" ) and )
//	and    = not *( [ "and" / "&&" ] not )
//	not    = *( "not" / "!" ) ( term / ["-" / "!"] "(" or ")" )
//	term   = ["-" / "!"] ( key ":" value *( "," value ) / word )
//	value  = bare / quoted              a word is a value as well
//	quoted = `"` *( character / escape ) `"`   with the escapes of a Go string literal
//
// Values of one key are alternatives, and a leading "-" turns a term round. A plain term is exactly one pair of the
// URL: "port:80,443" is port=80,443, "-proc:sshd" is -proc=sshd and a word is q=word. So is a group: "(a or b)" is
// q=a or b. What can be written as a plain term is: "port:80 or port:443" is "port:80,443".
//
// A few values depend on more than the connection. Ages are counted to the present, which [Query.At] fixes; names of
// hosts and interfaces match nothing until [Query.Resolve] was told their addresses. [Translate] understands what
// people bring from other programs.
//
// The order is in the URL only: sort=-rxrate,proc. Terms and columns keep the order in which they were written, and
// what is there twice is taken once. Reading is linear in the length of the input, which is bounded by [MaxLength],
// for each level of groups, which are bounded as well; matching is linear in the number of values, of which there are
// at most 128.
//
// A fact that is not known, or not there, is matched by no value and sorted behind all others. The remote end of a
// socket that is not connected is not there.
//
// Inside, the terms are leaves of an expression tree (expr.go, logic.go). Every key is one
// entry of the table in keys.go; parsing, printing, the help and the documentation are all made from it. Columns to
// sort by are in columns.go.
//
// All values are immutable and safe for use by several goroutines.
package query
