// Package web is what the browser sees: the pages, the data behind them and the live view. It turns a URL into a
// query, a query into a view of the poller's table, and a view into HTML, JSON, CSV or frames.
//
// It knows nothing of kernels, and nothing of listeners, gates and limits, which package server holds.
//
// Locks are taken in this order: the hub's, then the poller's (inside [poller.Poller.Read]), then a viewer's.
package web
