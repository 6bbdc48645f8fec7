// Package views holds the templ components of the pages: values in, HTML out. They read no clock, no kernel and no
// network.
package views
