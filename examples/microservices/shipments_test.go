//go:build unix

package microservices_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/microservices"
)

// mails returns the keys of the mails that a process of shipping has sent.
func mails(p *process) []string {
	var keys []string
	for _, line := range p.stdout.with("mail ") {
		keys = append(keys, strings.Fields(line)[1])
	}
	return keys
}

func distinct(lists ...[]string) int {
	seen := make(map[string]bool)
	for _, keys := range lists {
		for _, key := range keys {
			seen[key] = true
		}
	}
	return len(seen)
}

// shipmentsOf reads the whole log with the rights of a reader. It returns how
// many events there are and the keys of the mails that are due, in order, after
// it has seen that each paid order has one shipment and no other has any.
func shipmentsOf(t *testing.T, w *world) (events int, due []string) {
	t.Helper()
	store, err := microservices.OpenStoreToRead(t.Context(), w.connect(t, "reader"))
	require.NoError(t, err)
	defer store.Close()
	paid, shipped := make(map[string]int), make(map[string]int)
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		events++
		switch stored.Kind {
		case microservices.OrderPaid{}.EventKind():
			paid[stored.Key.ID]++
		case microservices.ShipmentCreated{}.EventKind():
			shipped[stored.Key.ID]++
			due = append(due, "shipping/"+stored.EventID())
		}
	}
	once := make(map[string]int)
	for i := range orderCount {
		once[orderID(i)] = 1
	}
	require.Equal(t, once, paid, "payments")
	require.Equal(t, once, shipped, "shipments")
	return events, due
}

// requireInOrder checks that all mails were sent in the order of the shipments.
// One may come again, right after the first.
func requireInOrder(t *testing.T, due, sent []string) {
	t.Helper()
	next := 0
	for i, key := range sent {
		if i > 0 && key == sent[i-1] {
			continue
		}
		require.Less(t, next, len(due), "mail %d: %s", i, key)
		require.Equal(t, due[next], key, "mail %d", i)
		next++
	}
	require.Len(t, due, next, "mails")
}
