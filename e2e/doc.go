// Package e2e tests sockeye as people use it: the program as it is built, real sockets that the tests open on
// loopback, and a real Chromium. It has no code but tests.
//
// The tests need Chromium. Where there is none they are skipped and say so, except with CI=true in the environment,
// where it is a failure. The accessibility test needs the file of axe-core, named by AXE_CORE; the test command of
// the README fetches it.
//
// Every page that a test opens is watched: an error in the console, an uncaught exception, a violation of the content
// security policy or a dialog fails the test at its end, unless it said before that it expects it.
//
//	go test ./e2e -run Screenshots -update
//
// makes the pictures in docs/screenshots anew; it needs root, for a network namespace that holds nothing else.
package e2e
