package history_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func TestASavedHistoryIsReadBack(t *testing.T) {
	h := &history.History{
		Run: history.Run{Seed: 1<<63 + 1, Options: "-for 1s", Began: time.Unix(5, 0).UTC()},
		Ops: []history.Op{{ID: "a", Interval: history.Interval{Call: 1, Return: 2}, Outcome: history.Acked,
			Parts: []history.Part{{Aggregate: "item.a", Events: 2, Position: 2}}}},
		Loads:       []history.Load{{Aggregate: "item.a", Version: 2, Digest: 1<<64 - 1, Snapshots: true}},
		Faults:      []history.Fault{{Kind: "kill", Node: "n0", Began: 1, Healed: 2, FirstAck: 3, AllAcked: 4}},
		Log:         []history.Entry{{Seq: 1, Kind: "k", Aggregate: "item.a", Header: history.CommitHeader{ID: "x", Count: 1}, Op: "a"}},
		Replicas:    []history.Replica{{Node: "n0", Digests: history.Numbers{1, 1<<64 - 1, 0}}},
		Subscribers: []history.Subscriber{{Name: "s", Positions: history.Numbers{1}, IDs: history.Numbers{9}, Error: "e"}},
		Reactions:   []history.Reaction{{Worker: "w", Tenure: 2, Position: 1, Began: 3, Late: true}},
		Workers:     []history.Worker{{Name: "w", Ended: []string{"e"}}},
		Second:      &history.Second{Ops: []history.Op{{ID: "b"}}, Full: 3},
	}
	name := filepath.Join(t.TempDir(), "history")
	require.NoError(t, h.Save(name))
	read, err := history.Read(name)
	require.NoError(t, err)
	require.Equal(t, h, read)
}

func TestAFileThatIsCutOffIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := &history.History{Replicas: []history.Replica{{Node: "n0", Digests: history.Numbers{1, 2}}}}
	require.NoError(t, h.Save(name))
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, data[:len(data)-5], 0o600))
	_, err = history.Read(name)
	require.ErrorContains(t, err, name)
	require.Error(t, new(history.Numbers).UnmarshalJSON([]byte(`"AAAA"`)), "three bytes are no number")
}

func TestACommitHeaderIsReadBack(t *testing.T) {
	h := history.CommitHeader{ID: "ABC", Offset: 3, Index: 1, Count: 2, Total: 7, Previous: 1<<64 - 1}
	read, err := history.ParseCommitHeader(h.String())
	require.NoError(t, err)
	require.Equal(t, h, read)
	require.Equal(t, "ABC/4", h.EventID())
	for _, bad := range []string{"", "ABC", "ABC 0 0 0", "ABC 0 x/1 0", "ABC 0 0/1 -1", "ABC 0 0/1 0 "} {
		_, err := history.ParseCommitHeader(bad)
		require.Error(t, err, bad)
	}
}

func TestRecoveryCountsFromHealingIfThereWasNoQuorum(t *testing.T) {
	f := history.Fault{Began: 10, Healed: 20, FirstAck: 25}
	require.EqualValues(t, 15, f.Recovery())
	f.NoQuorum = true
	require.EqualValues(t, 5, f.Recovery())
	f.FirstAck = 12
	require.Zero(t, f.Recovery())
}
