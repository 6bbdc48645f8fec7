package poller

import "strconv"

func digits(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
