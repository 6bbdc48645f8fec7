package main

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const somePage = `<!doctype html><head><link rel="icon" type="image/svg+xml" href="/static/1/favicon.svg">
<link rel="stylesheet" href="/static/1/css/app.css"><script type="module" src="/static/1/js/app.js"></script></head>
<body><a href="/ports">Ports</a><template><tr role="row" data-id=""></tr></template>
<tr role="row" data-id="1f"><td>1</td></tr><tr data-id="20"></tr></body>`

func TestFilesOf(t *testing.T) {
	want := []string{"/static/1/favicon.svg", "/static/1/css/app.css", "/static/1/js/app.js"}
	if diff := cmp.Diff(want, filesOf(somePage)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRowsIn counts sockets and not the template.
func TestRowsIn(t *testing.T) {
	if n := rowsIn(somePage); n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestTransferCountsWhatIsSent(t *testing.T) {
	const text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/missing":
			http.NotFound(w, r)
		case r.URL.Path == "/plain" || r.Header.Get("Accept-Encoding") != "gzip":
			_, _ = w.Write([]byte(text))
		default:
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte(text))
			_ = z.Close()
		}
	}))
	defer s.Close()
	got, sent, err := transfer(t.Context(), s.URL+"/plain")
	if got != text || sent != len(text) || err != nil {
		t.Errorf("plain: %q, %d bytes, %v", got, sent, err)
	}
	got, sent, err = transfer(t.Context(), s.URL+"/")
	if got != text || sent >= len(text)/2 || sent == 0 || err != nil {
		t.Errorf("gzip: %q, %d bytes, %v", got, sent, err)
	}
	if _, _, err := transfer(t.Context(), s.URL+"/missing"); err == nil {
		t.Error("missing: no error")
	}
	if _, err := plain("not gzip", "gzip"); err == nil {
		t.Error("not gzip: no error")
	}
}
