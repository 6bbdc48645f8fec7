// Command bench measures sockeye beside its alternatives, in one run on this machine, and prints tables:
//
//	go run ./bench
//	go run ./bench -markdown > docs/figures.md
//	go run ./bench -sizes 1000 -short 0 -cpu 0
//
// The first tables compare one look at all sockets, at several numbers of sockets: the kernel's bare dump, sockeye,
// gopsutil, ss and netstat. Then come short connections, seen or not; the processor's time while 0, 1 and 200 browsers
// watch; and the sizes of the program and its page. A bare time says little on a shared machine, so every time of
// the first tables is also given as a multiple of the bare dump's in the same run.
//
// It builds what it measures, opens its sockets on loopback only, and ends every process it started. It runs on Linux
// only, and sees the owners of all sockets only as root.
package main
