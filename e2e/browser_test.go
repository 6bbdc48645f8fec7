package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a Chromium of one test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// tab is a page in a browser, and what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	frames     []string // WebSocket messages received
	expected   []string
	dialogs    sync.WaitGroup // those being closed
}

// newBrowser starts a Chromium with a profile of its own, which ends with the test, or skips the test where there is
// none. More options go before ours.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path := chromium(t)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		// Chromium has things to ask the world of its own; nothing of that may leave, nor show in the table.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("hide-scrollbars", false),
		chromedp.WindowSize(1440, 900),
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		limited, stop := context.WithTimeout(ctx, patience)
		defer stop()
		if err := chromedp.Cancel(limited); err != nil {
			t.Errorf("close the browser: %v", err)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &browser{t: t, ctx: ctx}
}

// chromium returns the path of Chromium.
func chromium(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("these tests end sockeye by an interrupt, which Windows does not have")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("Chromium is not installed, and with CI=true it must be")
	}
	t.Skip("Chromium is not installed")
	return ""
}

// tab opens an empty page in a profile of its own, and watches it until the test ends.
func (b *browser) tab() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &tab{t: b.t, ctx: ctx}
	b.t.Cleanup(func() {
		p.check()
		cancel()
		p.dialogs.Wait()
	})
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		b.t.Fatalf("open a page: %v", err)
	}
	b.t.Cleanup(p.report)
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("securitypolicyviolation", e =>
			console.error("content security policy: " + e.violatedDirective + " forbids " + e.blockedURI));`,
	})
	if err != nil {
		b.t.Fatalf("watch for violations: %v", err)
	}
	return p
}

// hear notes what a page must not do, and the frames it is sent. It runs in the reader of the browser's messages.
func (p *tab) hear(event any) {
	switch e := event.(type) {
	case *cdpruntime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complain("exception: " + text)
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			p.complain(fmt.Sprintf("console.%s: %s", e.Type, arguments(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.complain(fmt.Sprintf("log: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		p.complain("dialog: " + e.Message)
		// The page stands still until the dialog is closed, and this function must not wait for that.
		p.dialogs.Go(func() { _, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{}) })
	case *network.EventWebSocketFrameReceived:
		p.mu.Lock()
		p.frames = append(p.frames, string(e.Response.PayloadData))
		p.mu.Unlock()
	}
}

func arguments(args []*cdpruntime.RemoteObject) string {
	var texts []string
	for _, a := range args {
		texts = append(texts, string(a.Value)+a.Description)
	}
	return strings.Join(texts, " ")
}

func (p *tab) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

// expect says that complaints with this text in them are part of the test.
func (p *tab) expect(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, text)
}

// check fails the test for every complaint that was not expected.
func (p *tab) check() {
	p.t.Helper()
	seen := map[string]int{}
	for _, c := range p.unexpected() {
		seen[c]++
	}
	for c, n := range seen {
		p.t.Errorf("the page complains, %d times: %s", n, c)
	}
}

// unexpected returns the complaints since the last call that were not expected.
func (p *tab) unexpected() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.complaints
	p.complaints = nil
	return slices.DeleteFunc(all, func(c string) bool {
		return slices.ContainsFunc(p.expected, func(e string) bool { return strings.Contains(c, e) })
	})
}

// report shows where a failed test left the page.
func (p *tab) report() {
	if !p.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ": " + (document.body?.innerText ?? "").replace(/\s+/g, " ").slice(0, 1200)`))
	if err != nil {
		p.t.Logf("the page cannot be read: %v", err)
		return
	}
	p.t.Logf("the page at the end: %s", at)
}

// messages returns the WebSocket messages received until now.
func (p *tab) messages() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}
