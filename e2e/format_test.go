package e2e

import (
	"encoding/json"
	"os"
	"testing"
)

// TestFormats: the script writes numbers, ages and names exactly as the server does. Both are held to one file.
func TestFormats(t *testing.T) {
	file, err := os.ReadFile("../views/testdata/format.json")
	if err != nil {
		t.Fatal(err)
	}
	vectors := map[string][]map[string]any{}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	sockeye := start(t)
	p := newBrowser(t).tab()
	p.open(sockeye.url + "/")
	got := eval[map[string][]string](p, `(async vectors => {
		const main = document.querySelector('script[type=module][src^="/static/"]').src;
		const module = await import(main.replace(/[^/]+$/, "format.js"));
		return Object.fromEntries(Object.entries(vectors).map(([name, list]) =>
			[name, list.map(v => String(v.exact === undefined ? module[name](v.in) : module[name](v.in, v.exact)))]));
	})(`+string(file)+`)`)
	for name, list := range vectors {
		if len(got[name]) != len(list) || len(list) == 0 {
			t.Errorf("%s: %d answers to %d vectors", name, len(got[name]), len(list))
			continue
		}
		for i, v := range list {
			if got[name][i] != v["out"] {
				t.Errorf("%s(%v) is %q, want %q", name, v["in"], got[name][i], v["out"])
			}
		}
	}
	if len(vectors) == 0 {
		t.Error("there are no vectors")
	}
}
