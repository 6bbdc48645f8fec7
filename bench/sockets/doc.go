// Command sockets opens many sockets on loopback and holds them, so that sockeye can be measured and tried on a machine
// that has as many as one likes:
//
//	go run ./bench/sockets -established 10000 -listen 10 -closewait 20 -timewait 50 -udp 10 -processes 4 -for 60s
//
// When all are open it prints one line of JSON on standard output, with their numbers, the process ids of the holders
// and the listeners' ports; at the end a second one with the number of short connections (-churn) made. It ends, and
// closes everything, on SIGINT or SIGTERM, when its standard input is a pipe that ends, when its parent process dies,
// or when the time is over. It runs on Linux only.
package main
