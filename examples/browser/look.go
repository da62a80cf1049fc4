package browser

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

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
