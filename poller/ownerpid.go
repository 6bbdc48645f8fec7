package poller

// OwnerPID returns the process id of the socket's owner, 0 where it is unknown. It is known without Owner where the source
// itself names it (see [Socket].PID) and the process could not be read.
func (c *Connection) OwnerPID() int32 {
	if c.Owner != nil {
		return c.Owner.PID
	}
	return max(0, c.PID)
}
