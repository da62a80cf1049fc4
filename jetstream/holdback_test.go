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

// What waited for the connection may be sent before anything looks at the end of the
// log: then other commits follow one that lost its end, and no entry names it.
func TestTearThatOthersFollowIsNamedAfterAReconnect(t *testing.T) {
	cfg := fresh(1)
	removeAfter(t, cfg)
	nc := connect(t, 1)
	s, err := open(t, nc, cfg)
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("before", 2), core.NoMetadata{})
	require.NoError(t, err)
	other := connect(t, 1)
	forge(t, other, cfg, "a", "F 0 0/1 3 2")
	forge(t, other, cfg, "b", "F 1 0/2 3 0")
	forge(t, other, cfg, "c", "G 0 0/1 1 0")
	f := follow(s, core.Filter[string, uint64]{})
	eventually(t, func() bool { return f.at() == 5 }, "the store has read what follows the tear")
	f.stop(t)
	reconnects := nc.Stats().Reconnects
	require.NoError(t, nc.ForceReconnect())
	eventually(t, func() bool { return nc.IsConnected() && nc.Stats().Reconnects > reconnects }, "the connection is back")

	_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), core.At(uint64(2)), notes("goes on", 1), core.NoMetadata{})
	require.NoError(t, err)
	_, err = core.CommitEventsOptimistic(t.Context(), s, account("b"), core.Version[uint64]{}, notes("goes on", 1), core.NoMetadata{})
	require.NoError(t, err)
	gaps, err := s.Gaps(t.Context())
	require.NoError(t, err)
	require.Len(t, gaps, 2)
	for _, g := range gaps {
		require.Equal(t, [2]uint64{3, 4}, [2]uint64{g.From, g.To})
	}
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), 5)
	require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "noted"}), 4)
}
