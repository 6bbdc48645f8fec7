//go:build race

package poller

// raceDetector tells that memory is not what it is without it.
const raceDetector = true
