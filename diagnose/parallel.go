package diagnose

import "sync"

// inParallel calls f with 0 to n-1 at once and waits for all.
func inParallel(n int, f func(i int)) {
	var w sync.WaitGroup
	for i := range n {
		w.Go(func() { f(i) })
	}
	w.Wait()
}

// all calls every function at once and waits for them.
func all(list ...func()) { inParallel(len(list), func(i int) { list[i]() }) }
