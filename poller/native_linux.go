package poller

// nativeSource is what this system has of its own.
const nativeSource = SourceNetlink

// openNative opens the socket list of the kernel.
func openNative() (source, error) { return openNetlink() }
