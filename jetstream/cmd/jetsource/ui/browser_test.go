package ui

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/examples/browser"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// open opens the page as it was printed.
func (w *world) open(b *browser.Tab) {
	w.t.Helper()
	address := w.url + "/"
	if w.token != "" {
		address += "#token=" + w.token
	}
	b.Do(chromedp.Navigate(address))
	b.WaitText("#connection", "Live")
}

// has returns the condition that one of some elements contains a text.
func has(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))`, selector, text)
}

// tabTo presses Tab until what has the focus has a text.
func tabTo(b *browser.Tab, text string) {
	for range 60 {
		if f := b.Focused(); strings.Contains(f, text) && browser.Eval[bool](b, `document.activeElement !== document.body`) {
			return
		}
		b.Press(kb.Tab)
	}
	require.Contains(b.T(), b.Focused(), text, "the keyboard does not get there")
}

func TestPageWithTheKeyboardAlone(t *testing.T) {
	b, w := browser.Open(t), newWorld(t, false)
	w.fill()
	w.open(b)
	b.Wait(has("#events li", "P-2"))
	b.Script(`window.sameDocument = true`)

	// What happens is there by itself.
	w.commit("ACC-077", opened{"grace"})
	b.Wait(has("#events li:first-child", "ACC-077"))
	b.Wait(has("#rates tr", "account.opened"))
	b.Wait(`document.querySelectorAll("#chart rect:not(.zero)").length > 0`)

	// From an event in the list to its history.
	b.Press(kb.Tab)
	require.Equal(t, "Skip to the content", b.Focused())
	b.Press(kb.Enter)
	require.Equal(t, "view", b.Focused())
	tabTo(b, "pause")
	b.Press(kb.Enter)
	require.Equal(t, "Go on", browser.Eval[string](b, `document.querySelector("#pause").innerText`))
	w.commit("ACC-078", opened{"held"})
	w.commit("ACC-001", deposited{7})
	b.WaitText("#head", "76")
	require.False(t, browser.Eval[bool](b, has("#events li", "ACC-078")), "it is paused")
	b.Press(kb.Enter)
	b.Wait(has("#events li:first-child", "ACC-001"))
	b.Press(kb.Tab)
	require.Contains(t, b.Focused(), "ACC-001")
	require.NotEqual(t, "none", browser.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`), "the focus is not seen")
	b.Press(kb.ArrowDown)
	require.Contains(t, b.Focused(), "ACC-078")
	b.Press(kb.ArrowUp, kb.Enter)
	b.Wait(has("h2", "money.deposited"))
	require.Contains(t, b.Focused(), "money.deposited", "the heading of the view has the focus")
	b.WaitText("#data", "{\n  \"Amount\": 7\n}")

	tabTo(b, "History of its aggregate")
	b.Press(kb.Enter)
	b.Wait(`document.querySelectorAll("#timeline .line").length === 12`)
	require.Equal(t, 5, browser.Eval[int](b, `document.querySelectorAll("#timeline .same").length`), "of one commit each")
	w.commit("ACC-001", deposited{8})
	b.Wait(has("#timeline li:last-child", `{"Amount":8}`))

	// A number that a browser would round is shown as it is.
	tabTo(b, "9007199254740993")
	b.Press(kb.Enter)
	b.WaitText("#data", "{\n  \"Amount\": 9007199254740993\n}")

	// What is sought is a position or an id.
	b.Press("/")
	require.Equal(t, "sought", b.Focused())
	b.Press("request-7", kb.Enter)
	b.WaitText("#state", "3 found")
	require.True(t, browser.Eval[bool](b, has("#tree > li > ul > li > ul > li", "P-2")), "under what led to it")
	b.Press("/", "71", kb.Enter)
	b.Wait(has("h2", "order.placed"))
	tabTo(b, "request-7")
	b.Press(kb.Enter)
	b.WaitText("#state", "3 found")
	b.Do(chromedp.NavigateBack())
	b.Wait(has("h2", "order.placed"))

	// The kinds, and the aggregates of one.
	tabTo(b, "Aggregates")
	b.Press(kb.Enter)
	b.Wait(has("td", "parcel.shipped"))
	tabTo(b, "account")
	b.Press(kb.Enter)
	b.Wait(has("h2", "Aggregates of kind"))
	tabTo(b, "search")
	b.Press("acc-05")
	b.Wait(`document.querySelectorAll("#ids li").length === 10`)
	tabTo(b, "ACC-052")
	b.Press(kb.Enter)
	b.Wait(`document.querySelectorAll("#timeline .line").length === 1`)
	require.True(t, browser.Eval[bool](b, `window.sameDocument`), "the page was loaded anew")
	b.CheckQuiet(w.url)
}

func TestPageShowsTextAsItIs(t *testing.T) {
	b, w := browser.Open(t), newWorld(t, false)
	hostile := []string{`<script>pwned = 1</script>`, `"><img src=x onerror="pwned = 1">`, `'quotes' & &amp; /?#%2F..`, `__proto__`, "two\nlines"}
	for i, id := range hostile {
		w.commit(id, opened{id})
		require.NotZero(t, w.publish("events.constructor.toString."+fmt.Sprint(i), fmt.Sprint("C", i), `"`+strings.Repeat("<b>", 200)+`"`, "Es-Correlation", id))
	}
	require.NoError(t, w.store.Strike(t.Context(), 2, `<img src=x onerror="pwned = 1">`))
	w.commit("turned\u202eround", opened{"x"})
	w.open(b)
	for _, id := range hostile {
		shown := strings.ReplaceAll(id, "\n", "\u21b5")
		b.Wait(has("#events li", shown))
		b.Script(fmt.Sprintf(`location.hash = "#/history/account/" + encodeURIComponent(%q)`, id))
		b.Wait(has("h2", "account "+shown))
		b.Wait(`document.querySelectorAll("#timeline .line").length === 1`)
		b.Script(`document.querySelector("#timeline a").click()`)
		b.Wait(has("#data", "Owner"))
		require.True(t, browser.Eval[bool](b, has("dd", "account "+shown)))
		b.Script(fmt.Sprintf(`location.hash = "#/trace/" + encodeURIComponent(%q)`, id))
		b.Wait(has("#tree li", "constructor"))
		b.Script(`location.hash = "#/live"`)
	}
	b.Wait(has("#events li", "turned\u27e8202e\u27e9round"))
	for view, seen := range map[string]string{"gaps": "<img", "aggregates": "account", "health": "replicas", "aggregates/account": "__proto__"} {
		b.Script(fmt.Sprintf(`location.hash = "#/%s"`, view))
		b.Wait(has("main", seen))
	}
	require.True(t, browser.Eval[bool](b, `window.pwned === undefined && document.scripts.length === 1 && !document.querySelector("main img, main script")`))
	require.True(t, browser.Eval[bool](b, `(() => { try { document.body.innerHTML = "<b>x</b>"; return false; } catch { return true; } })()`), "the policy refuses markup")
}

func TestPageWritesOnlyIfItMay(t *testing.T) {
	b, w := browser.Open(t), newWorld(t, false)
	w.fill()
	w.open(b)
	b.Script(`location.hash = "#/event/5"`)
	b.Wait(has("h2", "account.opened"))
	require.True(t, browser.Eval[bool](b, `!document.querySelector("#strike")`), "it was started without --write")
	require.Equal(t, 403, browser.Eval[int](b, `fetch("api/strike", { method: "POST", headers: { "Content-Type": "application/json", "Jetsource-Token": "" }, body: '{"position":5,"reason":"x"}' }).then((r) => r.status)`))
	require.Empty(t, get[[]wire.Gap](w, "gaps"))

	w = newWorld(t, true)
	w.fill()
	b.Do(chromedp.Navigate(w.url + "/#/event/5"))
	b.Wait(has("main", "open the address that jetsource ui printed"))
	require.True(t, browser.Eval[bool](b, `!document.querySelector("#strike")`), "it has no token")
	b.Do(chromedp.Navigate("about:blank"))
	w.open(b)
	require.NotContains(t, browser.Eval[string](b, `location.href`), w.token, "the address may be shown to others")
	b.Do(chromedp.Reload())
	b.WaitText("#connection", "Live")
	b.Script(`location.hash = "#/event/5"; window.asked = []; window.confirm = (text) => { asked.push(text); return asked.length > 1; }`)
	b.Wait(`document.querySelector("#strike")`)
	tabTo(b, "reason")
	b.Press(kb.Enter)
	b.Press("sent by mistake", kb.Enter)
	require.Equal(t, []string{"Every reader will pass over position 5, for ever."}, browser.Eval[[]string](b, `asked`), "an empty reason is none")
	require.Empty(t, get[[]wire.Gap](w, "gaps"), "it was not confirmed")
	b.Press(kb.Enter)
	b.Wait(has("main", "struck out: sent by mistake"))
	require.Equal(t, "sent by mistake", get[[]wire.Gap](w, "gaps")[0].Reason)
	b.Script(`location.hash = "#/gaps"`)
	b.Wait(has("td", "sent by mistake"))
}

func TestPageSteersReactors(t *testing.T) {
	b, w := browser.Open(t), newWorld(t, true)
	var closed atomic.Bool
	closed.Store(true)
	w.commit("a", opened{"ada"})
	w.commit("b", opened{"bob"}, opened{"bob"})
	w.work(&closed)
	w.shows(func(d steer.Details) bool { return d.Parked == 2 && d.Timers == 1 && d.Lag == 0 })
	b.Do(chromedp.Navigate(w.url + "/#/reactors"))
	b.Wait(has("main", "open the address that jetsource ui printed"))
	require.True(t, browser.Eval[bool](b, `document.querySelectorAll(".reactor button").length === 0`), "it has no token")
	b.Do(chromedp.Navigate("about:blank"))
	w.open(b)
	b.Script(`location.hash = "#/reactors"; window.asked = []; window.confirm = (text) => { asked.push(text); return true; }`)
	b.Wait(has("summary", "1 timer, the first due"))
	b.Wait(has(".parked", "<i>closed</i> (*errors.errorString)"))
	b.Wait(has(".reactor .chip", "running"))
	tabTo(b, "Replay")
	b.Press(kb.Enter)
	b.WaitText("#said", "It stays parked: <i>closed</i> (*errors.errorString)")
	closed.Store(false)
	tabTo(b, "Replay")
	b.Press(kb.Enter)
	b.WaitText("#said", "It was replayed.")
	b.Wait(`document.querySelectorAll(".parked").length === 1`)
	require.Empty(t, browser.Eval[[]string](b, `asked`))
	tabTo(b, "Discard")
	b.Press(kb.Enter)
	b.Wait(has("h4", "Nothing is parked"))
	require.Equal(t, []string{"shipping will never react to account.opened of account b."}, browser.Eval[[]string](b, `asked`))
	tabTo(b, "Pause")
	b.Press(kb.Enter)
	b.Wait(has(".reactor .chip", "paused"))
	w.shows(func(d steer.Details) bool { return d.State == steer.Paused })
	tabTo(b, "Resume")
	b.Press(kb.Enter)
	b.WaitText("#said", "Its workers go on within seconds.")
	w.shows(func(d steer.Details) bool { return d.State == steer.Running })
	b.CheckQuiet(w.url)
}

func TestPageIsForEverybody(t *testing.T) {
	b, w := browser.Open(t), newWorld(t, true)
	w.fill()
	w.publish("events.x.account.external", "", `{"by":"another program"}`)
	w.commit(strings.Repeat("W", 200), opened{strings.Repeat("W", 300)})
	require.NoError(t, w.store.Strike(t.Context(), 4, "it was sent twice by the importer"))
	var closed atomic.Bool
	closed.Store(true)
	w.work(&closed)
	w.shows(func(d steer.Details) bool { return d.Parked == 1 && d.Timers > 50 })
	w.open(b)
	for _, view := range []struct{ hash, seen string }{
		{"live", "WWW"}, {"aggregates", "parcel"}, {"aggregates/account", "ACC-049"}, {"history/account/ACC-001", "deposited"}, {"history/account/" + strings.Repeat("W", 200), "WWW"},
		{"event/66", "Amount"}, {"trace/request-7", "3 found"}, {"gaps", "importer"}, {"reactors", "shipping"}, {"health", "replicas"},
	} {
		b.Script(fmt.Sprintf(`location.hash = "#/%s"`, view.hash))
		b.Wait(has("main", view.seen))
		name := "ui-" + strings.ReplaceAll(view.hash[:min(len(view.hash), 26)], "/", "-")
		require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("input")].filter((e) => !e.labels?.length).map((e) => e.outerHTML)`), "without a label")
		require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("button, a, h2, h3, summary")].filter((e) => !e.textContent.trim()).map((e) => e.outerHTML)`), "without a name")
		require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)`), "twice the same id")
		require.Equal(t, "1 1", browser.Eval[string](b, `document.querySelectorAll("h1").length + " " + document.querySelectorAll("h2").length`))
		for _, scheme := range []string{"dark", "light"} {
			b.Prefer(scheme, "no-preference")
			b.CheckContrast(scheme)
		}
		for _, width := range []int64{360, 800, 1400} {
			b.Resize(width, 800, 1)
			b.Wait(fmt.Sprintf(`innerWidth === %d`, width))
			require.LessOrEqual(t, browser.Eval[int64](b, `document.documentElement.scrollWidth`), width, "%s scrolls sideways", view.hash)
			require.Empty(t, browser.Eval[[]string](b, `[...document.querySelectorAll("button, input, nav a, .line")].filter((e) => e.checkVisibility() && e.offsetHeight < 32).map((e) => e.outerHTML)`), "too small for a thumb")
			b.Screenshot(fmt.Sprintf("%s-%d", name, width))
		}
	}
	b.Prefer("dark", "no-preference")
	b.Screenshot("ui-health-dark")
	b.CheckQuiet(w.url)
}
