package main

import (
	"errors"
	"fmt"
	"log/slog"

	"sockeye/actions"
	"sockeye/web"
)

// allowActions adds what closes connections and ends processes to the site, where that is asked for. It fails where this
// program must not be trusted with it: see [actions.CheckStart].
func allowActions(c settings, site *web.Site, log *slog.Logger) error {
	if !c.actions {
		return nil
	}
	if !actions.Supported {
		return &usageError{errors.New("--allow-actions: this system is not supported; it works on Linux and Windows")}
	}
	if err := actions.CheckStart(); err != nil {
		return fmt.Errorf("--allow-actions: %w", err)
	}
	path := c.auditLog
	if path == "" {
		path = actions.DefaultLog()
	}
	actor := actions.New(path, log)
	if err := actor.CheckLog(); err != nil {
		log.Warn("the audit log cannot be written: until it can, nothing will be ended", "error", err)
	}
	site.AllowActions(actor)
	return nil
}
