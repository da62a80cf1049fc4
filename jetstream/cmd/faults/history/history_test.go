package history_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func TestAHistoryIsReadAsItWasSaved(t *testing.T) {
	h := &history.History{
		Run:         history.Run{Seed: 1<<63 + 1, Options: "-for 1s", Began: time.Unix(5, 0).UTC()},
		Ops:         []history.Op{{ID: "a", Call: 1, Return: 2, Outcome: history.OK, Parts: []history.Part{{Aggregate: "item.a", Events: 2, Position: 2}}}},
		Loads:       []history.Load{{Aggregate: "item.a", Version: 2, Digest: 1<<64 - 1, Snapshot: true}},
		Faults:      []history.Fault{{Kind: "kill", Node: "n0", Began: 1, Healed: 2, First: 3, All: 4}},
		Log:         []history.Entry{{Seq: 1, Kind: "k", Aggregate: "item.a", Commit: history.Link{ID: "x", Count: 1}, Op: "a"}},
		Replicas:    []history.Replica{{Node: "n0", Digest: history.Digests{1, 1<<64 - 1, 0}}},
		Subscribers: []history.Subscriber{{Name: "s", Seqs: history.Digests{1}, IDs: history.Digests{9}, Error: "e"}},
	}
	name := filepath.Join(t.TempDir(), "history")
	require.NoError(t, h.Save(name))
	read, err := history.Read(name)
	require.NoError(t, err)
	require.Equal(t, h, read)
}

func TestALinkIsReadAsItIsWritten(t *testing.T) {
	l := history.Link{ID: "ABC", Offset: 3, Index: 1, Count: 2, Previous: 1<<64 - 1}
	read, err := history.ParseLink(l.String())
	require.NoError(t, err)
	require.Equal(t, l, read)
	require.Equal(t, "ABC/4", l.EventID())
	for _, bad := range []string{"", "ABC", "ABC 0 0 0", "ABC 0 x/1 0", "ABC 0 0/1 -1", "ABC 0 0/1 0 "} {
		_, err := history.ParseLink(bad)
		require.Error(t, err, bad)
	}
}

func TestRecoveryCountsFromHealingWhereNoQuorumIsLeft(t *testing.T) {
	f := history.Fault{Began: 10, Healed: 20, First: 25}
	require.EqualValues(t, 15, f.Recovery())
	f.NoQuorum = true
	require.EqualValues(t, 5, f.Recovery())
	f.First = 12
	require.Zero(t, f.Recovery())
}
