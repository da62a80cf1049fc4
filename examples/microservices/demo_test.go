//go:build unix

package microservices_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	orderCount = 200
	killAfter  = 40 // mails
)

// The whole story, with all programs as processes of their own: 200 orders are
// placed and paid, the process that ships them is killed in the middle, and
// still each is shipped once.
func TestEachOrderIsShippedOnceThoughShippingDies(t *testing.T) {
	w := newWorld(t)
	orders, ordersURL := w.service(t, "orders")
	active, activeURL := w.service(t, "shipping")
	await(t, "one ships", active.leads)
	heir, heirURL := w.service(t, "shipping")
	c := newClient(t, ordersURL)

	// Before the kill both can be looked at.
	require.NoError(t, customers{c, []string{activeURL, heirURL}}.order(t.Context(), 0, 20)())
	// Some orders are paid while the first ships, the others while nobody does.
	ordering := customers{c, []string{heirURL}}.order(t.Context(), 20, orderCount/2)
	await(t, "mails are sent", func() bool { return len(mails(active)) >= killAfter })
	active.kill(t)
	killed := time.Now()
	before := len(mails(active))
	require.Less(t, before, orderCount)
	require.Empty(t, mails(heir), "one of them was active")
	require.NoError(t, ordering())
	ordering = customers{c, []string{heirURL}}.order(t.Context(), orderCount/2, orderCount)
	await(t, "the other takes over", func() bool { return len(mails(heir)) > 0 })
	takeover := time.Since(killed)
	require.NoError(t, ordering())
	await(t, "all are shipped", func() bool { return distinct(mails(active), mails(heir)) == orderCount })
	require.Less(t, takeover, 5*time.Second)

	cancel(t, c, heirURL)
	restart(t, w, c)
	heir.stop(t)
	orders.stop(t)

	events, shipments := shipmentsOf(t, w)
	sent := append(mails(active), mails(heir)...)
	requireInOrder(t, shipments, sent)
	require.Empty(t, w.violations(), "nobody asked for what it may not have")
	require.Empty(t, w.process.stderr.with("[ERR]"))
	t.Logf("%d events, %d paid orders, %d shipments, %d mails of which %d are repetitions",
		events, orderCount, len(shipments), len(sent), len(sent)-len(shipments))
	t.Logf("killed after %d mails, the next was sent %v later", before, takeover.Round(10*time.Millisecond))
}

// leads reports whether the process has become the active one.
func (p *process) leads() bool { return len(p.stderr.with("lease acquired")) > 0 }

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
