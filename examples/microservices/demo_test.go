//go:build unix

package microservices_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	orderCount = 200
	killAfter  = 10 // mails of one process
)

// The whole story, with all programs as processes of their own: 200 orders are
// placed and paid, one of the three processes that ship them is killed in the middle, and
// still each is shipped once.
func TestEachOrderIsShippedOnceThoughShippingDies(t *testing.T) {
	w := newWorld(t)
	orders, ordersURL := w.service(t, "orders")
	var shipping []*process
	var urls []string
	for range 3 {
		p, url := w.service(t, "shipping")
		await(t, "it has a part", p.shares)
		shipping, urls = append(shipping, p), append(urls, url)
	}
	victim, heirs, heirURL := shipping[0], shipping[1:], urls[1]
	c := newClient(t, ordersURL)

	// Before the kill all can be looked at.
	require.NoError(t, customers{c, urls}.order(t.Context(), 0, 20)())
	// Some orders are paid while all three ship, the others while one is missing.
	ordering := customers{c, []string{heirURL}}.order(t.Context(), 20, orderCount/2)
	await(t, "each sends mails", func() bool {
		return len(mails(victim)) >= killAfter && len(mails(heirs[0])) > 0 && len(mails(heirs[1])) > 0
	})
	victim.kill(t)
	killed := time.Now()
	before := len(mails(victim))
	require.NoError(t, ordering())
	require.NoError(t, customers{c, []string{heirURL}}.order(t.Context(), orderCount/2, orderCount)())
	all := func() [][]string { return [][]string{mails(victim), mails(heirs[0]), mails(heirs[1])} }
	await(t, "all are shipped", func() bool { return distinct(all()...) == orderCount })
	takeover := time.Since(killed)
	require.Less(t, takeover, time.Minute, "an idle machine takes some seconds")

	cancel(t, c, heirURL)
	restart(t, w, c)
	heirs[0].stop(t)
	heirs[1].stop(t)
	orders.stop(t)

	events, shipments := shipmentsOf(t, w)
	sent := slices.Concat(all()...)
	requireEach(t, shipments, sent)
	require.Empty(t, w.violations(), "nobody asked for what it may not have")
	require.Empty(t, w.process.stderr.with("[ERR]"))
	t.Logf("%d events, %d paid orders, %d shipments, %d mails of which %d are repetitions",
		events, orderCount, len(shipments), len(sent), len(sent)-len(shipments))
	t.Logf("one of three was killed after %d mails of its own, all were sent %v later", before, takeover.Round(10*time.Millisecond))
}

// shares reports whether the process has some of the partitions.
func (p *process) shares() bool { return len(p.stderr.with("partitions acquired")) > 0 }

// cancel cancels an order, which is not open then, and never shipped.
func cancel(t *testing.T, c *client, shipping string) {
	t.Helper()
	_, err := c.must(t.Context(), "regretted", "place", fields{"Customer": "eve", "Item": "chair", "Cents": 5})
	require.NoError(t, err)
	version, err := c.must(t.Context(), "regretted/cancellation", "cancel", fields{"Reason": "too big"})
	require.NoError(t, err)
	status, _, err := c.see(t.Context(), shipping, "regretted", version)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status)
}

// restart starts another process, which begins with the snapshot that the
// others have left, and knows what is open.
func restart(t *testing.T, w *world, c *client) {
	t.Helper()
	version, err := c.must(t.Context(), "open", "place", fields{"Customer": "bob", "Item": "lamp", "Cents": 5})
	require.NoError(t, err)
	another, url := w.service(t, "shipping")
	status, body, err := c.see(t.Context(), url, "open", version)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"Customer":"bob","Item":"lamp","Paid":false}`, body)
	another.stop(t)
	require.Empty(t, another.stderr.with("snapshot"), "it was used without complaint")
}
