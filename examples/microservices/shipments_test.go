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

// requireEach checks that there is a mail for each shipment, and none for anything else.
// Some come again: those of the process that was killed since it had told how far it was.
func requireEach(t *testing.T, due, sent []string) {
	t.Helper()
	distinct := make(map[string]bool)
	for _, key := range sent {
		distinct[key] = true
	}
	for _, key := range due {
		require.True(t, distinct[key], "no mail %s", key)
		delete(distinct, key)
	}
	require.Empty(t, distinct, "mails")
}
