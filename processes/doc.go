// Package processes tells on demand what is known of one process: its program, command line, user, parents, unit,
// memory, times and descriptors.
//
// A process is named by its PID and its start, as the poller has them: a PID that is used again is another process,
// and its facts are never given out for the one that was asked for. What the system does not tell is unknown with the
// reason, each fact for itself.
//
// On Linux everything is read from /proc through one open directory, which stays that of the process it was opened
// for; elsewhere github.com/shirou/gopsutil is asked.
package processes
