package actions

// Supported tells whether this system can do any of it.
const Supported = true
