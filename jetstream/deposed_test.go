package jetstream_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// deposed answers the first attempt of each commit as a deposed leader does, beside
// the leader, which receives the commit too. The deposed one is mostly first,
// because it asks no other server.
func deposed(t *testing.T, prefix, answer string) {
	t.Helper()
	var mu sync.Mutex
	seen := make(map[string]bool)
	nc := connect(t, 3)
	_, err := nc.Subscribe(prefix+".*.*.*", func(m *nats.Msg) {
		if m.Header.Get("Nats-Batch-Id") != "" && m.Header.Get("Nats-Batch-Commit") == "" {
			return // the answer is to the last message
		}
		mu.Lock()
		defer mu.Unlock()
		id := m.Header.Get("Es-Commit")
		if !seen[id] {
			seen[id] = true
			_ = m.Respond([]byte(answer))
		}
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
}

func denial(code int, description string) string {
	return fmt.Sprintf(`{"error":{"code":400,"err_code":%d,"description":%q},"stream":"S","seq":0}`, code, description)
}

// When a partition heals there can be two leaders for a moment, and both answer:
// what one denies the other may have recorded.
func TestCommitDeniedByADeposedLeaderIsFoundRecorded(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"another commit is in flight": denial(10164, "wrong last sequence"),
		"the aggregate is behind":     denial(10071, "wrong last sequence: 0"),
		"the batch is incomplete":     denial(10176, "batch publish is incomplete and was abandoned"),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fresh(3)
			s := openWith[string, core.NoMetadata](t, cfg)
			one, other := account("one"), account("other")
			at := make(map[core.Key[string]]core.Version[uint64])
			for _, k := range []core.Key[string]{one, other} {
				p, err := core.CommitEvents(t.Context(), s, k, []core.Event{deposited{0}}, core.NoMetadata{})
				require.NoError(t, err)
				at[k] = core.At(p)
			}
			deposed(t, cfg.Prefix, answer)
			want := 1
			for range 20 {
				p, err := core.CommitEventsOptimistic(t.Context(), s, one, at[one], []core.Event{deposited{1}}, core.NoMetadata{})
				require.NoError(t, err, "one event")
				p, err = core.CommitEventsOptimistic(t.Context(), s, one, core.At(p), []core.Event{deposited{2}, opened{"x"}}, core.NoMetadata{})
				require.NoError(t, err, "several events")
				_, err = core.CommitEvents(t.Context(), s, one, []core.Event{deposited{3}}, core.NoMetadata{})
				require.NoError(t, err, "unchecked")
				require.NotZero(t, p)
				v, err := s.Version(t.Context(), one)
				require.NoError(t, err)
				committed, err := s.Commit(t.Context(),
					plainCommit{Key: one, Expected: v, Events: []core.Event{deposited{4}}},
					plainCommit{Key: other, Expected: at[other], Events: []core.Event{deposited{5}}})
				require.NoError(t, err, "several aggregates")
				at[one], at[other] = core.At(committed[0].Position), core.At(committed[1].Position)
				want += 5
			}
			require.Len(t, load(t, s, core.Filter[string, uint64]{Aggregate: &one}), want, "each commit is there once")
			require.Len(t, load(t, s, core.Filter[string, uint64]{Aggregate: &other}), 21, "each commit is there once")

			_, err := core.CommitEventsOptimistic(t.Context(), s, one, core.Version[uint64]{}, []core.Event{deposited{6}}, core.NoMetadata{})
			require.ErrorIs(t, err, core.ErrConflict, "a version that has passed is a conflict all the same")
			end, _ := at[other].Position()
			_, err = core.CommitEventsOptimistic(t.Context(), s, one, core.At(end+100), []core.Event{deposited{7}}, core.NoMetadata{})
			require.ErrorIs(t, err, core.ErrConflict, "and one that never was")
		})
	}
}
