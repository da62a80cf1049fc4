package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/examples/browser"
)

// row returns the condition that a product has a row with a stock.
func row(product, stock string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#rows tr")].some((r) => r.children[0].textContent === %q && r.children[1].textContent === %q)`, product, stock)
}

const level = `(document.querySelector("#svg .level")?.getAttribute("d") ?? "")`

func TestPageWithTheKeyboardAlone(t *testing.T) {
	b := browser.Open(t)
	p := start(t, t.TempDir(), "127.0.0.1:0")
	b.Do(chromedp.Navigate(p.url))
	b.WaitText("#connection", "Live")
	require.True(t, browser.Eval[bool](b, `document.getElementById("empty").checkVisibility() && !document.querySelector("table").checkVisibility()`))
	b.Screenshot("empty")
	b.Script(`window.sameDocument = true`)

	for _, stop := range []string{"Skip to the stock", "receive", "product"} {
		b.Press(kb.Tab)
		require.Equal(t, stop, b.Focused())
	}
	require.NotEqual(t, "none", browser.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`), "the focus is not seen")
	b.Press("Green tea", kb.Tab)
	require.Equal(t, "quantity", b.Focused())
	b.Press("40", kb.Enter)
	b.WaitText("#result", "Received 40 of Green tea: 40 in stock.")
	b.Wait(row("Green tea", "40"))
	require.Equal(t, "product", b.Focused(), "the next move can be typed at once")
	before := browser.Eval[string](b, level)

	// Ship by the arrow key, and more than there is.
	b.Do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))) // with shift
	require.Equal(t, "receive", b.Focused())
	b.Press(kb.ArrowRight)
	require.Equal(t, "ship", b.Focused())
	b.WaitText("#submit", "Ship")
	b.Press(kb.Tab, "Green tea", kb.Tab, "41", kb.Enter)
	b.WaitText("#result", "Cannot ship 41, there are 40.")
	require.Equal(t, "quantity", b.Focused())
	b.Screenshot("refused")
	b.Script(`document.activeElement.select()`)
	b.Press("15", kb.Tab)
	require.Equal(t, "submit", b.Focused())
	b.Press(" ")
	b.WaitText("#result", "Shipped 15 of Green tea: 25 in stock.")
	b.Wait(row("Green tea", "25"))
	require.NotEqual(t, before, browser.Eval[string](b, level), "the chart did not change")

	// What others do is there by itself.
	p.post(t, "count", `{"product":"Green tea","quantity":24,"book":25}`)
	b.Wait(row("Green tea", "24"))
	p.post(t, "receive", `{"product":"Espresso cups","quantity":1200}`)
	b.Wait(row("Espresso cups", "1,200"))
	b.WaitText("#pieces", "1,224")
	require.True(t, browser.Eval[bool](b, `window.sameDocument`), "the page was loaded anew")
	b.CheckQuiet(p.url)
	require.NoError(t, p.end(syscall.SIGTERM))
}

func TestPageShowsNamesAsTheyAre(t *testing.T) {
	b := browser.Open(t)
	p := start(t, t.TempDir(), "127.0.0.1:0")
	b.Do(chromedp.Navigate(p.url))
	b.WaitText("#connection", "Live")
	names := []string{`<script>pwned = 1</script>`, `"><img src=x onerror="pwned = 1">`, `'quotes' & &amp; ampersands`, `__proto__`}
	for _, name := range names {
		b.Do(chromedp.SetValue(chromedp.CSS("#product"), name), chromedp.SetValue(chromedp.CSS("#quantity"), "3"), chromedp.Click(chromedp.CSS("#submit")))
		b.WaitText("#result", "Received 3 of "+name+": 3 in stock.")
		b.Wait(row(name, "3"))
	}
	require.True(t, browser.Eval[bool](b, `window.pwned === undefined && document.scripts.length === 1 && !document.querySelector("img[src=x]")`))
	b.CheckQuiet(p.url)
	require.NoError(t, p.end(syscall.SIGTERM))
}

func TestMoveIsRecordedOnce(t *testing.T) {
	b := browser.Open(t)
	p := start(t, t.TempDir(), "127.0.0.1:0")
	b.Do(chromedp.Navigate(p.url))
	b.WaitText("#connection", "Live")

	b.Do(chromedp.SetValue(chromedp.CSS("#product"), "Green tea"), chromedp.SetValue(chromedp.CSS("#quantity"), "5"), chromedp.DoubleClick(chromedp.CSS("#submit")))
	b.WaitText("#result", "Received 5 of Green tea: 5 in stock.")

	// The answer to the next one is lost, though the server has done it.
	b.Script(`(() => {
		const real = window.fetch;
		window.fetch = async (...request) => {
			window.fetch = real;
			await real(...request);
			throw new TypeError("the connection was lost");
		};
	})()`)
	b.Do(chromedp.SetValue(chromedp.CSS("#quantity"), "7"), chromedp.Click(chromedp.CSS("#submit")))
	b.WaitText("#result", "Received 7 of Green tea: 12 in stock.")
	require.Contains(t, p.get(t, "/api/stock"), `"pieces":12,"moved":2`)

	// What was counted against another stock than there is, is not recorded. The
	// page is kept from hearing of it.
	b.Script(`document.querySelector("[value=count]").click()`)
	b.Do(chromedp.SetValue(chromedp.CSS("#quantity"), "11"))
	b.Script(`(() => {
		const real = window.fetch;
		window.fetch = async (url, options) => {
			window.fetch = real;
			await real("api/ship", { ...options, headers: { "Content-Type": "application/json" }, body: '{"product":"Green tea","quantity":2}' });
			return real(url, options);
		};
	})()`)
	b.Do(chromedp.Click(chromedp.CSS("#submit")))
	b.WaitText("#result", "Goods were moved since: there were 12, now there are 10.")
	b.Wait(row("Green tea", "10"))
	b.Do(chromedp.Click(chromedp.CSS("#submit")))
	b.WaitText("#result", "Counted 11 of Green tea: 11 in stock.")
	require.NoError(t, p.end(syscall.SIGTERM))
}

func TestPageOutlivesTheProgram(t *testing.T) {
	b := browser.Open(t)
	dir := t.TempDir()
	p := start(t, dir, "127.0.0.1:0")
	b.Do(chromedp.Navigate(p.url))
	p.post(t, "receive", `{"product":"Green tea","quantity":40}`)
	b.Wait(row("Green tea", "40"))
	b.Script(`window.sameDocument = true`)
	for i, signal := range []os.Signal{syscall.SIGTERM, os.Kill} {
		err := p.end(signal)
		if signal == syscall.SIGTERM {
			require.NoError(t, err)
		}
		b.WaitText("#connection", "Reconnecting")
		require.True(t, browser.Eval[bool](b, row("Green tea", fmt.Sprint(40+i))), "what was known stays on the page")
		b.Screenshot("reconnecting")
		p = start(t, dir, p.address())
		b.WaitText("#connection", "Live")
		p.post(t, "receive", `{"product":"Green tea","quantity":1}`)
		b.Wait(row("Green tea", fmt.Sprint(41+i)))
	}

	// A page that nobody sees does not follow; it does again when it is seen.
	see := `Object.defineProperty(document, "hidden", { value: %t, configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`
	b.Script(fmt.Sprintf(see, true))
	b.WaitText("#connection", "Paused")
	p.post(t, "receive", `{"product":"Green tea","quantity":1}`)
	b.Script(fmt.Sprintf(see, false))
	b.WaitText("#connection", "Live")
	b.Wait(row("Green tea", "43"))
	require.True(t, browser.Eval[bool](b, `window.sameDocument`), "the page was loaded anew")
	require.NoError(t, p.end(syscall.SIGTERM))
}

func TestPageIsForEverybody(t *testing.T) {
	b := browser.Open(t)
	p := start(t, t.TempDir(), "127.0.0.1:0")
	stockUp(t, p)
	b.Do(chromedp.Navigate(p.url))
	b.WaitText("#moved", "53")

	require.Equal(t, "en Warehouse 1", browser.Eval[string](b, `[document.documentElement.lang, document.title, document.querySelectorAll("h1").length].join(" ")`))
	require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("input, select, textarea")].filter((e) => !e.labels?.length).map((e) => e.outerHTML)`), "without a label")
	require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("button, a")].filter((e) => !e.innerText.trim()).map((e) => e.outerHTML)`), "without a name")
	require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)`), "twice the same id")
	require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("section")].filter((e) => !document.getElementById(e.getAttribute("aria-labelledby"))).map((e) => e.id)`), "without a heading")
	require.Equal(t, "polite", browser.Eval[string](b, `document.getElementById("result").ariaLive`))

	for _, scheme := range []string{"light", "dark"} {
		b.Prefer(scheme, "no-preference")
		b.CheckContrast(scheme)
		b.Resize(1280, 900, 1)
		b.Screenshot("desktop-" + scheme)
		for _, width := range []int64{768, 360} {
			b.Resize(width, 740, 2)
			b.Wait(fmt.Sprintf(`innerWidth === %d && document.querySelector("#svg").viewBox.baseVal.width === document.querySelector("#plot").clientWidth`, width))
			require.LessOrEqual(t, browser.Eval[int64](b, `document.documentElement.scrollWidth`), width, "the page scrolls sideways")
			b.Screenshot(fmt.Sprintf("%d-%s", width, scheme))
		}
		require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("button[type=submit], #product, #quantity, .verbs span")].filter((e) => e.offsetHeight < 36).map((e) => e.outerHTML)`), "too small for a thumb")
	}

	// The widest that there can be, on the phone that is still set.
	p.post(t, "receive", fmt.Sprintf(`{"product":%q,"quantity":1000000}`, strings.Repeat("W", maxName)))
	b.WaitText("#pieces", "1,001,179")
	require.LessOrEqual(t, browser.Eval[int](b, `document.documentElement.scrollWidth`), 360, "the page scrolls sideways")
	require.Equal(t, 0, browser.Eval[int](b, `document.getElementById("scroll").tabIndex`), "the table cannot be scrolled by the keyboard")
	b.Screenshot("widest")

	b.Script(`addEventListener("animationstart", (event) => { window.moving = event.animationName; })`)
	p.post(t, "receive", `{"product":"Green tea","quantity":1}`)
	b.Wait(`window.moving === "flash"`)
	b.Wait(`!document.querySelector(".changed")`)
	b.Prefer("light", "reduce")
	p.post(t, "receive", `{"product":"Green tea","quantity":1}`)
	b.Wait(`document.querySelector(".changed")`)
	require.Equal(t, "none", browser.Eval[string](b, `getComputedStyle(document.querySelector(".changed > *")).animationName`))
	b.CheckQuiet(p.url)
	require.NoError(t, p.end(syscall.SIGTERM))
}

// stockUp fills the warehouse with something to look at.
func stockUp(t *testing.T, p *program) {
	t.Helper()
	products := []string{"Green tea", "Espresso cups", "Oolong, hand-rolled, from the south slope, 250 g", "Kettles", "Rock sugar"}
	stock := make(map[string]int)
	for i := range 52 {
		name := products[(i*7+i/4)%len(products)]
		verb, quantity := "receive", 20+(i*37)%71
		if i%3 == 2 || i%8 == 6 {
			verb, quantity = "ship", min(9+(i*23)%47, stock[name])
		}
		switch {
		case quantity == 0:
			verb, quantity = "receive", 64
			fallthrough
		case verb == "receive":
			stock[name] += quantity
		default:
			stock[name] -= quantity
		}
		p.post(t, verb, fmt.Sprintf(`{"product":%q,"quantity":%d}`, name, quantity))
	}
	p.post(t, "count", fmt.Sprintf(`{"product":"Green tea","quantity":%d,"book":%d}`, stock["Green tea"]-9, stock["Green tea"]))
}
