package jetstream_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Events of many kinds are read kind by kind where they are a small part of the log, and
// by reading all of it where they are not; the events are the same.
func TestEventsOfManyKindsThatAreFewAreReadByKind(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	cfg.Codec = anything{codec.JSON}
	nc := connect(t, 1)
	removeAfter(t, cfg)
	s, err := open(t, nc, cfg)
	require.NoError(t, err)
	const kinds = 8
	l := &modelLog{store: s, rng: randomly(t), kinds: kinds, aggregates: 10}
	noise := func(n int) {
		for range n {
			events := make([]core.Event, 500)
			for i := range events {
				events[i] = anyEvent{"noise", i, ""}
			}
			_, err := core.CommitEvents(t.Context(), s, account("noise"), events, core.NoMetadata{})
			require.NoError(t, err)
			l.mu.Lock()
			for i := range events {
				l.log = append(l.log, place{uint64(len(l.log) + 1), account("noise"), "noise", fmt.Sprintf(`{"N":%d,"Pad":""}`, i)})
			}
			l.mu.Unlock()
		}
	}
	read := func() (consumers int) {
		requests := recordConsumers(t, nc, cfg.Stream)
		filters := l.ofKinds(kinds)
		var got []place
		for e, err := range s.LoadEvents(t.Context(), filters...) {
			require.NoError(t, err)
			got = append(got, placeOf(e))
		}
		require.Equal(t, l.selected(filters), got)
		created, _ := requests.undeleted()
		return created
	}
	l.fill(t, 100)
	noise(20)
	l.fill(t, 100)
	require.Equal(t, kinds, read())
	l.fill(t, 22_000)
	require.Equal(t, 1, read())
}
