package poller

import "golang.org/x/sys/windows"

// systemRunning returns GetTickCount64, which goes on while the machine sleeps or hibernates, and moves in steps of 10 to
// 16 ms ("Windows Time" in the Windows documentation).
func systemRunning() runningClock {
	return runningClock{countsSleep: true, now: windows.DurationSinceBoot}
}
