// Package browser drives a page in a headless Chromium, for the tests of pages.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// What the environment says about the browser.
const (
	browserRequired = "JETSOURCE_BROWSER"     // "required" makes its absence a failure
	screenshots     = "JETSOURCE_SCREENSHOTS" // a directory for them
)

// Tab is a page in a browser.
type Tab struct {
	t   *testing.T
	ctx context.Context
	dir string // for screenshots; empty for none

	mu       sync.Mutex
	requests []string // where the page asked
	problems []string // what a developer would see in red
}

// Open starts a browser with one tab, or skips the test if there is none.
func Open(t *testing.T) *Tab {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv(browserRequired) == "required" {
			t.Fatalf("the page was not tested: %v", err)
		}
		t.Skipf("THE PAGE WAS NOT TESTED: %v", err)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()),
		chromedp.ExecPath(chromium),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)

	b := &Tab{t: t, ctx: ctx, dir: os.Getenv(screenshots)}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	b.Resize(1280, 900, 1)
	return b
}

// T returns the test that the tab was opened for.
func (b *Tab) T() *testing.T { return b.t }

// listen takes note of what the page does. The browser calls it.
func (b *Tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, fmt.Sprint(e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *cdplog.EventEntryAdded:
		// That a command is refused, or a server away, is said here too.
		if e.Entry.Source != cdplog.EntrySourceNetwork {
			b.problems = append(b.problems, e.Entry.Text)
		}
	}
}

// Do runs actions in the page.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

// call gives the browser a command of its protocol.
func call[P, R any](b *Tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b.t, err)
}

// Eval runs a script in the page and decodes what it comes to.
func Eval[T any](b *Tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return v
}

// Script runs a script in the page for what it does.
func (b *Tab) Script(script string) {
	b.t.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](script))
}

// Wait waits until a condition holds in the page.
func (b *Tab) Wait(condition string) {
	b.t.Helper()
	shown := Eval[string](b, fmt.Sprintf(`new Promise((done) => {
		const end = Date.now() + 30000;
		const look = () => (%s) ? done("") : Date.now() > end ? done(document.body.innerText) : setTimeout(look, 10);
		look();
	})`, condition))
	require.Empty(b.t, shown, "waited in vain until %s", condition)
}

// WaitText waits until an element has a text.
func (b *Tab) WaitText(selector, text string) {
	b.t.Helper()
	b.Wait(fmt.Sprintf("document.querySelector(%q)?.innerText.trim() === %q", selector, text))
}

// Press presses keys, one after the other.
func (b *Tab) Press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.Do(chromedp.KeyEvent(key))
	}
}

// Focused returns the id of what has the focus, or else its text or value.
func (b *Tab) Focused() string {
	b.t.Helper()
	return Eval[string](b, `(() => { const e = document.activeElement; return e.id || e.value || e.innerText; })()`)
}
