// Package browser drives a page in a headless Chromium, for the tests of pages.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
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

// Resize sets the size of the window, and how many pixels its screen has for one.
func (b *Tab) Resize(width, height int64, scale float64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: scale, Mobile: width < 600,
	})
}

// Prefer sets what the user has asked of all pages.
func (b *Tab) Prefer(scheme, motion string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: motion},
	}})
}

// Screenshot takes a picture of the whole page, if there is a directory for it.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	if b.dir == "" {
		return
	}
	// The flash of a row that was moved would be in the picture, more or less.
	b.Script(`document.getAnimations().forEach((a) => a.finish())`)
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(b.dir, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, name+".png"), png, 0o644))
}

// CheckContrast computes the contrast of text as WCAG does, 4.5 being enough.
func (b *Tab) CheckContrast(scheme string) {
	b.t.Helper()
	low := Eval[[]string](b, `(() => {
		const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
		const rgba = (color) => {
			canvas.clearRect(0, 0, 1, 1);
			canvas.fillStyle = color;
			canvas.fillRect(0, 0, 1, 1);
			return canvas.getImageData(0, 0, 1, 1).data;
		};
		const luminance = (color) => {
			const [r, g, b] = [...rgba(color)].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const ground = (e) => {
			for (; e; e = e.parentElement) {
				const color = getComputedStyle(e).backgroundColor;
				if (rgba(color)[3] === 255) return color;
			}
			return "white";
		};
		const low = [];
		for (const e of document.querySelectorAll("body *")) {
			const words = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
			if (!words || !e.checkVisibility() || e.closest("noscript, datalist")) continue;
			const style = getComputedStyle(e);
			const [x, y] = [luminance(e.namespaceURI.endsWith("svg") ? style.fill : style.color), luminance(ground(e))];
			const contrast = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
			if (contrast < 4.5) low.push(e.outerHTML.slice(0, 80) + " " + contrast.toFixed(2));
		}
		return low;
	})()`)
	require.Empty(b.t, low, "hard to read in the %s", scheme)
}

// CheckQuiet checks that the page asked only the server at a URL, and that nothing went wrong
// in it.
func (b *Tab) CheckQuiet(url string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(b.t, b.requests)
	for _, asked := range b.requests {
		require.True(b.t, strings.HasPrefix(asked, url+"/"), asked)
	}
	require.Empty(b.t, b.problems)
}
