// Winactor is a program of Windows that holds sockets for the test under Wine. It prints what it holds as one line of
// JSON, opens one more listener for each line that it reads, which it tells of in the same way, and ends with its input.
// "winactor kill URL PID" has the sockeye at an address end a process.
//
// It calls Winsock itself and sets an option on each socket: Wine tells the process of a socket only where that has been
// handed its descriptor, which the functions of package net do not need everywhere.
package main

// holding is what the program holds: ports of loopback, and its process id as Windows has it.
type holding struct {
	PID    int `json:"pid"`
	Listen int `json:"listen"`
	Client int `json:"client"`
	Six    int `json:"six"`
	UDP    int `json:"udp"`
	UDP6   int `json:"udp6"`
}
