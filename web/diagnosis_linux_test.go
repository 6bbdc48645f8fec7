package web

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sockeye/diagnose"
	"sockeye/poller"
)

// aloneVariable says that this process has a network namespace of its own, with nothing in it.
const aloneVariable = "WEB_DIAGNOSIS_ALONE"

// TestDiagnosisRuns streams a whole diagnosis, in a network of its own in which nothing can be reached.
func TestDiagnosisRuns(t *testing.T) {
	if os.Getenv(aloneVariable) == "" {
		if os.Getuid() != 0 {
			t.Skip("needs root, to make a network namespace")
		}
		c := exec.Command(os.Args[0], "-test.run=^TestDiagnosisRuns$", "-test.v")
		c.Env = append(os.Environ(), aloneVariable+"=1")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	s := newTestSite(t, office(), poller.MaxInterval)
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver 192.0.2.53\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.doctor.options = diagnose.Options{Internet: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443")}, Names: []string{"www.example:443"}, ResolvConf: conf}
	w := ask(t, s, "/diagnosis", "run=1&target=www.example:443")
	body := w.Body.String()
	verdict, last := strings.Index(body, "This machine has no network interface."), strings.LastIndex(body, `class="rung"`)
	if w.Code != http.StatusOK || !w.Flushed || strings.Count(body, `class="rung"`) != 14 || verdict < last || !strings.Contains(body, "Trouble: this machine") || !strings.HasSuffix(body, "</html>") {
		t.Errorf("%d, flushed %v: %s", w.Code, w.Flushed, body)
	}
	var data struct{ Report diagnose.Report }
	w = ask(t, s, "/diagnosis.json", "run=1")
	if err := json.Unmarshal(w.Body.Bytes(), &data); err != nil || data.Report.Verdict.Cause != "no-interface" || len(data.Report.Rungs) != 13 || data.Report.Rungs[0].Step != diagnose.StepLink {
		t.Errorf("%v: %s", err, w.Body)
	}
}
