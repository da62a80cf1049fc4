package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/examples/browser"
)

// The page buys something, and shows what others do, and the model that is promoted meanwhile,
// without being loaded anew.
func TestPageWatchesTheBoard(t *testing.T) {
	b := browser.Open(t)
	s := start(t, options{dir: t.TempDir(), listen: "127.0.0.1:0"})
	b.Do(chromedp.Navigate(s.url))
	b.WaitText("#layout", "layout 1")
	b.Script(`window.sameDocument = true`)

	b.Do(chromedp.Focus(`[name=id]`))
	b.Press("1", kb.Tab, "tea", kb.Tab, "450", kb.Tab, kb.Enter)
	b.Wait(card("1", "tea", "placed"))
	b.Do(chromedp.Click("#card-1 button"))
	b.Wait(card("1", "tea", "paid"))

	s.post(t, "/customers/bob", `{"Name":"Bob"}`)
	s.post(t, "/orders/2", `{"Customer":"bob","Item":"<b>cake</b>","Cents":300}`)
	b.Wait(card("2", "<b>cake</b>", "placed"))

	b.Do(chromedp.Click("#rebuild"))
	b.WaitText("#layout", "layout 2")
	b.Wait(card("1", "tea 4.50", "paid"))
	b.Wait(card("2", "<b>cake</b> 3.00", "placed"))
	b.Do(chromedp.Click("#card-1 button"))
	b.Wait(card("1", "tea 4.50", "shipped"))
	require.False(t, browser.Eval[bool](b, `!!document.querySelector("#card-1 button, #cards b")`), "there is nothing left to do, and an item is text")
	b.Screenshot("shop")
	require.True(t, browser.Eval[bool](b, `window.sameDocument`), "the page was loaded anew")
	b.CheckQuiet(s.url)
	s.stop(t)
}

// card returns the condition that the page shows an order so.
func card(id, item, status string) string {
	return fmt.Sprintf(`(document.getElementById("card-" + %q)?.firstChild?.textContent ?? "").replace(/\s+/g, " ").trim() === %q`, id, id+": "+item+" "+status)
}
