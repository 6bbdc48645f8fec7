package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"sync"
)

// launch runs the program with its arguments and returns its exit code. Where it was started by a double click, which
// gives it a console that nobody else is in, it opens the page, and what went wrong stays on the screen until Enter.
func launch(args []string, doubleClick bool, in io.Reader, out io.Writer, start func(args []string) int) int {
	if !doubleClick {
		return start(args)
	}
	code := start(append([]string{"--open"}, args...))
	if code != exitOK {
		fmt.Fprintln(out, "Press Enter to close this window.")
		_, _ = bufio.NewReader(in).ReadString('\n') // its end closes the window as well
	}
	return code
}

// openBeside opens the page while the program goes on. The function that it returns gives that up where it is still under
// way, and returns when it is over.
func openBeside(ctx context.Context, url string, stderr io.Writer, open func(context.Context, string) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var opening sync.WaitGroup
	opening.Go(func() { openPage(ctx, url, stderr, open) })
	return func() { cancel(); opening.Wait() }
}

// openPage opens the page in the user's browser, and says where it is when that cannot be done: the program goes on.
func openPage(ctx context.Context, url string, stderr io.Writer, open func(context.Context, string) error) {
	if err := open(ctx, url); err != nil && ctx.Err() == nil {
		fmt.Fprintf(stderr, "sockeye: no browser could be opened (%v); open %s yourself\n", err, url)
	}
}
