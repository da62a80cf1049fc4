package kvsnapshot_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

type state struct{ Number int }

// accountKey returns the key of the snapshot of an account.
func accountKey(id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.AggregateSnapshot, Kind: "account", ID: id}
}

// at returns a function that creates a snapshot at a position.
func at(position uint64) func() (core.Snapshot[uint64], error) {
	return func() (core.Snapshot[uint64], error) {
		return core.Snapshot[uint64]{Position: position, EventID: fmt.Sprint("e", position), State: state{int(position)}}, nil
	}
}

// of returns a function that creates a snapshot of a state.
func of(state any) func() (core.Snapshot[uint64], error) {
	return func() (core.Snapshot[uint64], error) { return core.Snapshot[uint64]{Position: 1, State: state}, nil }
}

// position returns the position of the stored snapshot, 0 if there is none.
func position(t *testing.T, s *kvsnapshot.Store[string], id string) uint64 {
	t.Helper()
	var got state
	snap, ok, err := s.LoadSnapshot(t.Context(), accountKey(id), &got)
	require.NoError(t, err)
	require.Equal(t, ok, snap.Position > 0)
	require.Equal(t, int(snap.Position), got.Number)
	return snap.Position
}

func TestLoadIsOneRoundTripAndOfferIsTwo(t *testing.T) {
	cfg := newConfig(1)
	nc := connect(t, 1)
	s := openOver(t, nc, cfg)
	sent := func(do func()) uint64 {
		before := nc.Stats().OutMsgs
		do()
		return nc.Stats().OutMsgs - before
	}
	require.Equal(t, uint64(1), sent(func() { require.Zero(t, position(t, s, "a")) }))
	offer := func() {
		_, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(1))
		require.NoError(t, err)
	}
	require.Equal(t, uint64(2), sent(offer), "stored")
	require.Equal(t, uint64(1), sent(offer), "declined")
	require.Equal(t, uint64(1), sent(func() { require.Equal(t, uint64(1), position(t, s, "a")) }))
}

func TestLoadOnlyStoreTakesNoSnapshot(t *testing.T) {
	cfg := newConfig(1)
	writer := open(t, cfg)
	cfg.LoadOnly = true
	reader := open(t, cfg)
	offer, err := reader.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1 << 30}, at(1))
	require.NoError(t, err)
	require.Equal(t, core.Declined, offer)
	_, err = writer.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(7))
	require.NoError(t, err)
	require.Equal(t, uint64(7), position(t, reader, "a"))
}

func TestBadKeyIsANameError(t *testing.T) {
	s := open(t, newConfig(1))
	for _, key := range []core.SnapshotKey[string]{accountKey(""), {Kind: "account", ID: "a"}, {Role: core.AggregateSnapshot, ID: "a"}} {
		_, _, err := s.LoadSnapshot(t.Context(), key, &state{})
		require.ErrorIs(t, err, core.ErrName)
		_, err = s.OfferSnapshot(t.Context(), key, core.SnapshotAge{Events: 1}, at(1))
		require.ErrorIs(t, err, core.ErrName)
	}
}

// A key that was deleted holds a marker, which is no snapshot.
func TestDeletedSnapshotIsNone(t *testing.T) {
	cfg := newConfig(1)
	s := open(t, cfg)
	for i, remove := range []func() error{
		func() error { return bucketOf(t, cfg).Delete(t.Context(), "aggregate.account.a.0.=") },
		func() error { return bucketOf(t, cfg).Purge(t.Context(), "aggregate.account.a.0.=") },
	} {
		offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(uint64(9-i)))
		require.NoError(t, err)
		require.Equal(t, core.Stored, offer)
		require.NoError(t, remove())
		require.Zero(t, position(t, s, "a"))
	}
}

func TestClosedConnectionIsAnError(t *testing.T) {
	nc := connect(t, 1)
	s := openOver(t, nc, newConfig(1))
	nc.Close()
	_, _, err := s.LoadSnapshot(t.Context(), accountKey("a"), &state{})
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
}
