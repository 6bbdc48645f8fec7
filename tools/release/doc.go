// Release builds what is published: for each system an archive with the program and what belongs to it, with checksums
// and a bill of materials for each.
//
//	./release [-out dist] [-check]
//
// What is built is the commit that is checked out, from a clone of its own, so that nothing else that lies in the tree
// gets in. The same commit gives the same bytes, wherever and whenever it is built with the same version of Go: -check
// builds everything a second time, elsewhere, and compares.
package main
