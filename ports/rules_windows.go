package ports

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// RulesAge is how long rules that were read may be believed: on Windows reading them takes three runs of netsh.
const RulesAge = 10 * time.Second

// netshPatience is how long netsh may take.
const netshPatience = 5 * time.Second

// ReadRules reads the rules of this system as they are now, by netsh. What cannot be read is as on most systems, and
// named in Problems.
func ReadRules() Rules {
	r := Rules{Ephemeral: Span{49152, 65535}, MayPrivileged: true}
	var all sync.WaitGroup
	var failures [3]error
	ask := func(i int, parse func([]byte) error, args ...string) {
		all.Go(func() {
			text, err := netsh(args...)
			if err == nil {
				err = parse(text)
			}
			failures[i] = err
		})
	}
	ask(0, func(b []byte) error { return ephemeral(&r, b) }, "show", "dynamicport", "tcp")
	var reserved [2]Spans
	ask(1, func(b []byte) (err error) { r.Excluded, reserved[0], err = parseExcluded(b); return err }, "show", "excludedportrange", "protocol=tcp")
	ask(2, func(b []byte) (err error) { r.ExcludedUDP, reserved[1], err = parseExcluded(b); return err }, "show", "excludedportrange", "protocol=udp")
	all.Wait()
	r.Reserved = Merge(append(reserved[0], reserved[1]...))
	if err := errors.Join(failures[:]...); err != nil {
		r.Problems = append(r.Problems, fmt.Errorf("rules of ports: %w", err))
	}
	return r
}

// ephemeral sets the range to what netsh says.
func ephemeral(r *Rules, b []byte) error {
	s, err := parseDynamic(b)
	if err == nil {
		r.Ephemeral = s
	}
	return err
}

// netsh runs "netsh int ipv4" and returns what it writes. What it says holds for IPv6 as well, unless somebody has set
// that apart.
func netsh(args ...string) ([]byte, error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, fmt.Errorf("netsh: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), netshPatience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(system, "netsh.exe"), append([]string{"int", "ipv4"}, args...)...)
	c.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
	text, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("netsh: %w", err)
	}
	return text, nil
}
