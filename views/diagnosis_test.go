package views

import (
	"strings"
	"testing"
	"time"

	"sockeye/diagnose"
)

// diagnosed renders a page of a diagnosis that has run.
func diagnosed(t *testing.T, v diagnose.Verdict, rungs ...diagnose.Rung) string {
	t.Helper()
	out := make(chan diagnose.Rung, len(rungs))
	for _, r := range rungs {
		out <- r
	}
	close(out)
	var b strings.Builder
	p := Diagnosis{Page: Page{Host: "host-7", Now: noon, Active: NavDiagnosis}, Target: `"><script>`, Contacts: []string{"192.0.2.1"}, Rungs: out, Verdict: func() diagnose.Verdict { return v }}
	if err := DiagnosisPage(p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDiagnosisPage: each rung with what was tried and what came back; the verdict with its place, mend and what else was
// found. What others say is shown and does nothing.
func TestDiagnosisPage(t *testing.T) {
	page := diagnosed(t,
		diagnose.Verdict{State: diagnose.InTrouble, Finding: diagnose.Finding{Place: diagnose.PlaceRouter, Sentence: "The <router>\u202e is silent.", Mend: []string{"Switch it off and on.", "ip neigh show"}},
			Also: []diagnose.Finding{{Severity: diagnose.Warning, Sentence: "Also this.", Evidence: "state:CLOSE_WAIT pid:7", Harmless: "Never.", Mend: []string{}}}},
		diagnose.Rung{Title: "Link", Status: diagnose.OK, Result: "There is a link.", Took: 20 * time.Millisecond},
		diagnose.Rung{Title: "Router", Status: diagnose.Trouble, Result: "It is silent.", Took: 3500 * time.Millisecond, Facts: []diagnose.Fact{{Tried: "ARP for <b>", Answer: "no answer", Took: time.Second}}},
	)
	for _, want := range []string{
		"Trouble: router", "The &lt;router&gt;", `<li data-severity="warning"`, "Also this.", `href="/?state=CLOSE_WAIT&amp;pid=7"`, "When it is no trouble: Never.",
		"✓ ok", "✕ trouble", "ARP for &lt;b&gt;", "3.5s", "20ms", "Nothing was tried.", "<code>ip neigh show</code>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, bad := range []string{"<router>", "\u202e", `"><script>`, "<code>Switch"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	if strings.Count(page, "<details open") != 1 {
		t.Error("not exactly the rung with the trouble is unfolded")
	}
}

// TestVerdictWords: where the trouble is, or that there is none, or that it could not be told.
func TestVerdictWords(t *testing.T) {
	for want, v := range map[string]diagnose.Verdict{
		"Healthy":           {State: diagnose.Healthy},
		"Trouble: line":     {State: diagnose.InTrouble, Finding: diagnose.Finding{Place: diagnose.PlaceLine}},
		"It cannot be told": {State: diagnose.CannotTell},
	} {
		if got := stateWords(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, s := range map[string]diagnose.Status{"✓ ok": diagnose.OK, "✕ trouble": diagnose.Trouble, "? unknown": diagnose.Unknown, "– skipped": diagnose.Skipped} {
		if got := statusWord(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, d := range map[string]time.Duration{"< 1ms": 0, "1ms": time.Millisecond, "999ms": 999 * time.Millisecond, "1s": time.Second, "9.5s": 9460 * time.Millisecond} {
		if got := tookWords(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// TestCommandsAreTold from sentences: only what can be typed is set as something to type.
func TestCommandsAreTold(t *testing.T) {
	for text, want := range map[string]bool{
		"ip route": true, "Get-NetAdapter": true, "Restart the program.": false, "Is the line up?": false, "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps": true, "(Get-Process -Id 7).HandleCount": true, "": false,
	} {
		if got := isCommand(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if evidenceLink("") != "" || evidenceLink("no:such") != "" || evidenceLink("state:LISTEN lport:80") != "/?state=LISTEN&lport=80" {
		t.Error("links of evidence")
	}
}
