package jetstream_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// A subscription yields a commit of several events when its last is there, and nothing
// of one that never gets it.
func TestSubscriptionHoldsACommitBackUntilItsEnd(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	key := account("b")
	followers := []*follower{
		follow(s, core.Filter[string, uint64]{}),
		follow(s, core.Filter[string, uint64]{EventKind: "noted"}),
		follow(s, core.Filter[string, uint64]{Aggregate: &key}),
		follow(s, core.Filter[string, uint64]{EventKind: "noted"}, core.Filter[string, uint64]{EventKind: "also.noted"}),
	}
	live := func(position uint64) {
		for _, f := range followers {
			eventually(t, func() bool { return f.at() == position }, "the subscription is live")
		}
	}
	_, err := core.CommitEvents(t.Context(), s, key, notes("before", 1), core.NoMetadata{})
	require.NoError(t, err)
	live(1)

	forge(t, nc, cfg, "b", "F 0 0/2 2 1")
	time.Sleep(300 * time.Millisecond) // the last may come late
	for _, f := range followers {
		require.Equal(t, uint64(1), f.at(), "the last event is not there")
	}
	forge(t, nc, cfg, "b", "F 0 1/2 2 1")
	live(3)

	forge(t, nc, cfg, "b", "G 0 0/2 2 3")
	openWith[string, core.NoMetadata](t, cfg) // which names the commit that lost its end, at 5
	_, err = core.CommitEvents(t.Context(), s, key, notes("after", 1), core.NoMetadata{})
	require.NoError(t, err)
	live(6)
	for _, f := range followers {
		f.stop(t)
		require.Len(t, f.events, 4)
	}
}
