package static

import (
	"net/http"
	"strconv"
	"strings"
)

// Handler serves the files under [Prefix] to GET and HEAD. Addresses with the present hash are marked as never
// changing; every other address, old hashes included, is 404. Files are sent in gzip form to those who take it.
func Handler() http.Handler { return load() }

// ServeHTTP answers one request.
func (b *bundle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address can only be read: GET or HEAD.", http.StatusMethodNotAllowed)
		return
	}
	a, ok := b.find(r.URL.EscapedPath())
	if !ok {
		http.Error(w, "There is no such file in this build; load the page again.", http.StatusNotFound)
		return
	}
	a.send(w, r)
}

// find returns the asset of a path, which must be spelled exactly as [URL] does: nothing escaped, nothing to clean.
func (b *bundle) find(path string) (asset, bool) {
	name, ok := strings.CutPrefix(path, Prefix+b.build+"/")
	if !ok {
		return asset{}, false
	}
	a, ok := b.assets[name]
	return a, ok
}

// send writes the asset in the form that the request takes.
func (a asset) send(w http.ResponseWriter, r *http.Request) {
	body := a.plain
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		body = a.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A reader that went away is not an error of ours, and there is nobody left to tell.
	_, _ = w.Write(body)
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3): gzip itself decides, and where it is not named, "*".
func takesGzip(headers []string) bool {
	any := false
	for _, header := range headers {
		for coding := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case "gzip", "x-gzip":
				return accepted(weight)
			case "*":
				any = accepted(weight)
			}
		}
	}
	return any
}

// accepted reports whether a weight ("q=0.5", or none) is more than 0.
func accepted(weight string) bool {
	value, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(weight)), "q=")
	if !ok {
		return true
	}
	q, err := strconv.ParseFloat(value, 64)
	return err == nil && q > 0
}
