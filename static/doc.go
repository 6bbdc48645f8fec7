// Package static holds what the browser loads beside the pages: style sheets, native ES modules, the icon, and the
// vendored uPlot. Nothing is fetched from anywhere else.
//
// All files share one content hash, which is a folder in their addresses (/static/<hash>/js/main.js): relative
// imports between modules keep working, and every answer can be kept by the browser for ever. The style sheets are
// served as one file and so are the dashboard's modules; each module is there by itself as well.
package static
