package owner

// tells reports whether this system tells whose the connections to an address are.
func tells(string) bool { return true }
