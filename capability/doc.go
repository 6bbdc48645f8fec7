// Package capability is the one table of what each source of sockets can and cannot know, and why. The page /platforms
// and docs/platforms.md are made from it, reasons for unknown cells point at it, and tests hold it against what the
// sources really tell.
package capability
