package main

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

// tab is the page in a browser.
type tab struct {
	t   *testing.T
	ctx context.Context
	dir string // for screenshots; empty for none

	mu       sync.Mutex
	requests []string // where the page asked
	problems []string // what a developer would see in red
}

// openTab starts a browser with one tab, or skips the test if there is none.
func openTab(t *testing.T) *tab {
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

	b := &tab{t: t, ctx: ctx, dir: os.Getenv(screenshots)}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	b.resize(1280, 900, 1)
	return b
}

// listen takes note of what the page does. The browser calls it.
func (b *tab) listen(event any) {
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

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

// call gives the browser a command of its protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b.t, err)
}

// eval runs a script in the page and decodes what it comes to.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return v
}

// script runs a script in the page for what it does.
func (b *tab) script(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](script))
}

// wait waits until a condition holds in the page.
func (b *tab) wait(condition string) {
	b.t.Helper()
	shown := eval[string](b, fmt.Sprintf(`new Promise((done) => {
		const end = Date.now() + 30000;
		const look = () => (%s) ? done("") : Date.now() > end ? done(document.body.innerText) : setTimeout(look, 10);
		look();
	})`, condition))
	require.Empty(b.t, shown, "waited in vain until %s", condition)
}

// waitText waits until an element has a text.
func (b *tab) waitText(selector, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("document.querySelector(%q)?.innerText.trim() === %q", selector, text))
}

func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// focused returns the id of what has the focus, or else its text or value.
func (b *tab) focused() string {
	b.t.Helper()
	return eval[string](b, `(() => { const e = document.activeElement; return e.id || e.value || e.innerText; })()`)
}

func (b *tab) resize(width, height int64, scale float64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: scale, Mobile: width < 600,
	})
}

// prefer sets what the user has asked of all pages.
func (b *tab) prefer(scheme, motion string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: motion},
	}})
}

func (b *tab) screenshot(name string) {
	b.t.Helper()
	if b.dir == "" {
		return
	}
	// The flash of a row that was moved would be in the picture, more or less.
	b.script(`document.getAnimations().forEach((a) => a.finish())`)
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(b.dir, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, name+".png"), png, 0o644))
}

// checkContrast computes the contrast of text as WCAG does, 4.5 being enough.
func (b *tab) checkContrast(scheme string) {
	b.t.Helper()
	low := eval[[]string](b, `(() => {
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

// checkQuiet checks that the page asked nobody else, and that nothing went wrong
// in it.
func (b *tab) checkQuiet(p *program) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(b.t, b.requests)
	for _, url := range b.requests {
		require.True(b.t, strings.HasPrefix(url, p.url+"/"), url)
	}
	require.Empty(b.t, b.problems)
}
