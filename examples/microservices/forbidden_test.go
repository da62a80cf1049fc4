//go:build unix

package microservices_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/examples/microservices"
)

// forbidden is what a user may not publish to.
var forbidden = map[string][]string{
	"admin":    slices.Concat(ruin, events, requests, buckets, []string{"events.order/paid.order.A", "events.shipment/created.shipment.A"}),
	"orders":   slices.Concat(ruin, events, requests, buckets, []string{"events.shipment/created.shipment.A"}),
	"shipping": slices.Concat(ruin, events[2:], []string{"events.order/paid.order.A", "$KV.LEASES.reactor.billing.A", "$KV.LEASES.reactor.shipping", "$KV.LEASES.reactor.shipping.eu.A", "$KV.SNAPSHOTS.aggregate.order.A.0.A", "$KV.OTHER.key"}),
	"reader":   slices.Concat(ruin, imported(ruin), events, buckets, []string{"events.order/paid.order.A", "events.shipment/created.shipment.A"}),
}

var (
	// ruin is what nobody may do while the services run.
	ruin = []string{
		"$JS.API.STREAM.DELETE.EVENTS",
		"$JS.API.STREAM.PURGE.EVENTS",
		"$JS.API.STREAM.UPDATE.EVENTS",
		"$JS.API.STREAM.MSG.DELETE.EVENTS",
		"$JS.API.STREAM.PEER.REMOVE.EVENTS",
		"$JS.API.STREAM.LEADER.STEPDOWN.EVENTS",
		"$JS.API.STREAM.SNAPSHOT.EVENTS",
		"$JS.API.STREAM.RESTORE.EVENTS",
		"$JS.API.STREAM.DELETE.KV_LEASES",
		"$JS.API.STREAM.PURGE.KV_LEASES",
		"$JS.API.STREAM.MSG.DELETE.KV_LEASES",
		"$JS.API.STREAM.UPDATE.KV_SNAPSHOTS",
		"$JS.API.STREAM.CREATE.OTHER",
		"$JS.API.STREAM.LIST",
		"$JS.API.STREAM.NAMES",
		"$JS.API.CONSUMER.NAMES.EVENTS",
		"$JS.API.CONSUMER.LIST.EVENTS",
		"$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.mine",
		"$SYS.REQ.SERVER.PING",
	}
	// events are those of the reactor, and those of nobody.
	events = []string{
		"events.checkpoint._reactor-shipping.partition-0",
		"events.timers._reactor-shipping.timers-0",
		"events.checkpoint._reactor-billing.partition-0",
		"events.invoice/sent.invoice.A",
		"events.order/paid",
		"_INBOX_admin.A",
		"_INBOX_orders.A",
		"_INBOX_shipping.A",
	}
	// requests are for what only shipping does.
	requests = []string{
		"$JS.API.CONSUMER.CREATE.EVENTS.mine",
		"$JS.API.CONSUMER.MSG.NEXT.EVENTS.mine",
		"$JS.API.CONSUMER.DELETE.EVENTS.mine",
	}
	buckets = []string{
		"$KV.LEASES.reactor.shipping.A",
		"$KV.SNAPSHOTS.projection.open-orders.=.0.A",
		"$KV.OTHER.key",
		"$JS.API.DIRECT.GET.KV_LEASES.$KV.LEASES.reactor.shipping.A",
	}
	// taps are subjects at which one would hear what is not for one's ears.
	taps = []string{">", "*", "events.>", "$KV.>", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.ADVISORY.>", "$SYS.>", "_INBOX.>"}
)

// imported returns subjects of JetStream as readers see them.
func imported(subjects []string) []string {
	var as []string
	for _, s := range subjects {
		if api, ok := strings.CutPrefix(s, "$JS.API."); ok {
			as = append(as, "$JS.shop.API."+api)
		}
	}
	return as
}

// Each user is refused what it has no business with, and the server tells of
// each attempt.
func TestUsersAreRefusedTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	attempts := 0
	for _, user := range slices.Sorted(maps.Keys(forbidden)) {
		t.Run(user, func(t *testing.T) {
			nc := w.connect(t, user, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
			for _, subject := range forbidden[user] {
				if user == "reader" && subject == "$JS.API.STREAM.NAMES" {
					continue // in an account without streams
				}
				require.NoError(t, nc.Publish(subject, nil))
				requireRefused(t, nc, `Publish to "`+subject+`"`)
				attempts++
			}
			subjects := slices.Clone(taps)
			for other := range forbidden {
				if other != user {
					subjects = append(subjects, microservices.Inbox(other)+".>")
				}
			}
			for _, subject := range subjects {
				_, err := nc.SubscribeSync(subject)
				require.NoError(t, err)
				requireRefused(t, nc, `Subscription to "`+subject+`"`)
				attempts++
			}
		})
	}
	// The server writes to its log after it has answered.
	require.Eventually(t, func() bool { return len(w.violations()) >= attempts }, time.Minute, 10*time.Millisecond)
	require.Len(t, w.violations(), attempts)
}

// requireRefused checks that the last thing that was sent was refused.
func requireRefused(t *testing.T, nc *nats.Conn, what string) {
	t.Helper()
	require.NoError(t, nc.Flush())
	// The client learns of a refusal before the answer to the flush.
	err := nc.LastError()
	require.ErrorIs(t, err, nats.ErrPermissionViolation, what)
	require.ErrorContains(t, err, what)
}
