package actions

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// journal is the audit log: a file of JSON lines to which only is added. It is opened for each line, so that a log that
// was moved, or a disk that is full no more, needs no restart.
type journal struct {
	path string
	now  func() time.Time
	open func(path string) (logFile, error)
	mu   sync.Mutex // one line at a time
}

// logFile is an open audit log.
type logFile interface {
	io.WriteCloser
	Sync() error
}

func newJournal(path string, now func() time.Time) *journal {
	return &journal{path: path, now: now, open: openJournal}
}

// entry is a line of the audit log.
type entry struct {
	At         time.Time        `json:"at"`
	Step       string           `json:"step"` // "intent", "result" or "failure"
	Verb       Verb             `json:"verb"`
	User       string           `json:"user"`
	Peer       string           `json:"peer"`
	Process    *entryProcess    `json:"process,omitempty"`
	Connection *entryConnection `json:"connection,omitempty"`
	Ended      *bool            `json:"ended,omitempty"`
	Error      string           `json:"error,omitempty"`
}

type entryProcess struct {
	Boot  string `json:"boot_id"`
	PID   int32  `json:"pid"`
	Start uint64 `json:"start"`
	Name  string `json:"name"` // in the quotes of Go, so that any bytes can be told apart
}

type entryConnection struct {
	ID     string `json:"id"`
	Local  string `json:"local"`
	Remote string `json:"remote"`
	State  string `json:"state"`
}

// entryOf is what all lines about an order have.
func (j *journal) entryOf(o Order, step string) entry {
	e := entry{At: j.now().UTC(), Step: step, Verb: o.Verb, User: o.By.User, Peer: o.By.Peer}
	if p := o.Process; p != (Process{}) {
		e.Process = &entryProcess{p.Boot, p.PID, p.Start, strconv.QuoteToASCII(p.Name)}
	}
	if c := o.Connection; c != (Connection{}) {
		e.Connection = &entryConnection{strconv.FormatUint(c.Cookie, 16), c.Local.String(), c.Remote.String(), c.State}
	}
	return e
}

// intent writes that something will be done now. Where it fails nothing may be done.
func (j *journal) intent(o Order) error { return j.write(j.entryOf(o, "intent")) }

// result writes what came of it.
func (j *journal) result(o Order, out Outcome) error {
	e := j.entryOf(o, "result")
	e.Ended = &out.Gone
	return j.write(e)
}

// failure writes that the system did not do it.
func (j *journal) failure(o Order, cause error) error {
	e := j.entryOf(o, "failure")
	e.Error = cause.Error()
	return j.write(e)
}

// write adds a line, which is on the disk when it returns nil.
func (j *journal) write(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	f, err := j.open(j.path)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

// openJournal opens the file for adding, and makes it and its folder where they are missing: for this user alone.
func openJournal(path string) (logFile, error) {
	if path == "" {
		return nil, errors.New("there is no place for it: give one with --audit-log")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = trusted(info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// trusted says why a file is no audit log: others could have written it, or what is written is not kept.
func trusted(info os.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", info.Name())
	case info.Mode().Perm()&modeOthers != 0:
		return fmt.Errorf("%s is open to other users (mode %04o): chmod 600 it", info.Name(), info.Mode().Perm())
	}
	return owned(info)
}

// DefaultLog returns the path of the audit log in the user's state folder (XDG Base Directory Specification), "" where
// the user has none.
func DefaultLog() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sockeye", "audit.log")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "sockeye", "audit.log")
}

// CheckLog says why the audit log could not be written now.
func (a *Actor) CheckLog() error {
	f, err := a.audit.open(a.audit.path)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return f.Close()
}
