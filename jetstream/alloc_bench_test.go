package jetstream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// What this process allocates for an event that is committed, and for one that is
// loaded, server and client together: the metrics are bytes and objects.
func BenchmarkAllocations(b *testing.B) {
	s := openWith[string, string](b, fresh(1))
	b.Run("committed event", func(b *testing.B) {
		b.ReportAllocs()
		version := core.Version[uint64]{}
		events := []core.Event{unseen{text}}
		for b.Loop() {
			at, err := core.CommitEventsOptimistic(b.Context(), s, account("a"), version, events, "ada")
			if err != nil {
				require.NoError(b, err)
			}
			version = core.At(at)
		}
	})
	key := account("loaded")
	events := make([]core.Event, 1000)
	for i := range events {
		events[i] = unseen{text}
	}
	_, err := core.CommitEvents(b.Context(), s, key, events, "ada")
	require.NoError(b, err)
	b.Run("loaded event, of 1000", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			if n%len(events) > 0 {
				continue // one load is a thousand of them
			}
			loaded := 0
			for _, err := range s.LoadEvents(b.Context(), of(key)) {
				if err != nil { // require for each would be most of it
					require.NoError(b, err)
				}
				loaded++
			}
			require.Equal(b, len(events), loaded)
		}
	})
}
