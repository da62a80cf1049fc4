package kvsnapshot_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

type state struct{ Number int }

func keyed(id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.AggregateSnapshot, Kind: "account", ID: id}
}

// at creates a snapshot at a position.
func at(position uint64) func() (core.Snapshot[uint64], error) {
	return func() (core.Snapshot[uint64], error) {
		return core.Snapshot[uint64]{Position: position, EventID: fmt.Sprint("e", position), State: state{int(position)}}, nil
	}
}

// of creates a snapshot of a state.
func of(state any) func() (core.Snapshot[uint64], error) {
	return func() (core.Snapshot[uint64], error) { return core.Snapshot[uint64]{Position: 1, State: state}, nil }
}

// position returns that of the stored snapshot; 0 if there is none.
func position(t *testing.T, s *kvsnapshot.Store[string], id string) uint64 {
	t.Helper()
	var got state
	snap, ok, err := s.LoadSnapshot(t.Context(), keyed(id), &got)
	require.NoError(t, err)
	require.Equal(t, ok, snap.Position > 0)
	require.Equal(t, int(snap.Position), got.Number)
	return snap.Position
}

func TestALoadIsOneRoundTrip(t *testing.T) {
	cfg := fresh(1)
	nc := connect(t, 1)
	s, err := kvsnapshot.Open[string](t.Context(), nc, cfg)
	require.NoError(t, err)
	sent := func(do func()) uint64 {
		before := nc.Stats().OutMsgs
		do()
		return nc.Stats().OutMsgs - before
	}
	require.Equal(t, uint64(1), sent(func() { require.Zero(t, position(t, s, "a")) }))
	offer := func() {
		_, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, at(1))
		require.NoError(t, err)
	}
	require.Equal(t, uint64(2), sent(offer), "one that is stored")
	require.Equal(t, uint64(1), sent(offer), "one that is declined")
	require.Equal(t, uint64(1), sent(func() { require.Equal(t, uint64(1), position(t, s, "a")) }))
}

func TestAStoreThatOnlyLoadsTakesNone(t *testing.T) {
	cfg := fresh(1)
	writer := open(t, cfg)
	cfg.LoadOnly = true
	reader := open(t, cfg)
	offer, err := reader.OfferSnapshot(t.Context(), keyed("a"), 1<<30, at(1))
	require.NoError(t, err)
	require.Equal(t, core.Declined, offer)
	_, err = writer.OfferSnapshot(t.Context(), keyed("a"), 1, at(7))
	require.NoError(t, err)
	require.Equal(t, uint64(7), position(t, reader, "a"))
}

func TestTooLargeASnapshotIsRefusedBeforeAnythingIsSent(t *testing.T) {
	cfg := fresh(1)
	nc := connect(t, 1)
	s, err := kvsnapshot.Open[string](t.Context(), nc, cfg)
	require.NoError(t, err)
	refused := func(limit int, state any) {
		t.Helper()
		before := nc.Stats().OutMsgs
		offer, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, of(state))
		require.Equal(t, core.Declined, offer)
		large, ok := errors.AsType[*kvsnapshot.TooLargeError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "aggregate.account.a.0", large.Key)
		require.Equal(t, limit, large.Limit)
		require.Greater(t, large.Size, limit)
		require.Equal(t, before, nc.Stats().OutMsgs)
	}
	limit := int(nc.MaxPayload()) - 128
	noise := make([]byte, limit)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	refused(limit, noise)
	// The largest that is let through is taken by the server.
	newer := uint64(0)
	sort.Search(limit, func(size int) bool {
		newer++
		offer, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, func() (core.Snapshot[uint64], error) {
			return core.Snapshot[uint64]{Position: newer, State: noise[:size]}, nil
		})
		_, large := errors.AsType[*kvsnapshot.TooLargeError](err)
		require.True(t, large || err == nil && offer == core.Stored, "%d bytes: %v", size, err)
		return large
	})
	js := streams(t, nc)
	stream, err := js.Stream(t.Context(), "KV_"+cfg.Bucket)
	require.NoError(t, err)
	sc := stream.CachedInfo().Config
	sc.MaxMsgSize = 1000
	_, err = js.UpdateStream(t.Context(), sc)
	require.NoError(t, err)
	s, err = kvsnapshot.Open[string](t.Context(), nc, cfg)
	require.NoError(t, err)
	refused(1000-128, noise[:1000])
}

type account struct {
	Owner   string
	balance int
}

func TestAStateThatTheCodecDoesNotSeeIsRefused(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON, codec.MessagePack} {
		cfg := fresh(1)
		cfg.Codec = c
		offer, err := open(t, cfg).OfferSnapshot(t.Context(), keyed("a"), 1, of(account{"ada", 1}))
		require.Equal(t, core.Declined, offer)
		hidden, ok := errors.AsType[*codec.HiddenFieldError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "account.balance", hidden.Field)
		_, ok = errors.AsType[*core.SnapshotCreateError](err)
		require.True(t, ok)
	}
}

// loud is JSON by another name.
type loud struct{ codec.Codec }

func (loud) Name() string { return "application/x-loud" }

func TestAnUnknownCodecIsAnErrorAndIsReplaced(t *testing.T) {
	cfg := fresh(1)
	cfg.Codec = loud{codec.JSON}
	writer := open(t, cfg)
	_, err := writer.OfferSnapshot(t.Context(), keyed("a"), 1, at(7))
	require.NoError(t, err)
	require.Equal(t, uint64(7), position(t, writer, "a"))
	cfg.Codec = nil
	other := open(t, cfg)
	_, ok, err := other.LoadSnapshot(t.Context(), keyed("a"), &state{})
	require.False(t, ok)
	unknown, is := errors.AsType[*codec.UnknownError](err)
	require.True(t, is, "%v", err)
	require.Equal(t, "application/x-loud", unknown.Name)
	_, err = other.OfferSnapshot(t.Context(), keyed("a"), 1, at(5)) // older
	require.NoError(t, err)
	require.Equal(t, uint64(5), position(t, other, "a"))
	require.Equal(t, uint64(5), position(t, writer, "a"), "a store reads JSON, whatever it writes")
}

// A state that its own type cannot be decoded from would stay in the way.
func TestAStateThatCannotBeReadIsReplaced(t *testing.T) {
	s := open(t, fresh(1))
	_, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, of(struct{ Number string }{"one"}))
	require.NoError(t, err)
	_, _, err = s.LoadSnapshot(t.Context(), keyed("a"), &state{})
	require.Error(t, err)
	offer, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, at(1))
	require.NoError(t, err)
	require.Equal(t, core.Stored, offer)
	require.Equal(t, uint64(1), position(t, s, "a"))
}

func TestAKeyThatCannotBeIsANameError(t *testing.T) {
	s := open(t, fresh(1))
	for _, key := range []core.SnapshotKey[string]{keyed(""), {Kind: "account", ID: "a"}, {Role: core.AggregateSnapshot, ID: "a"}} {
		_, _, err := s.LoadSnapshot(t.Context(), key, &state{})
		require.ErrorIs(t, err, core.ErrName)
		_, err = s.OfferSnapshot(t.Context(), key, 1, at(1))
		require.ErrorIs(t, err, core.ErrName)
	}
}

// A key that an operator deleted leaves a marker, which is no snapshot.
func TestADeletedSnapshotIsNone(t *testing.T) {
	cfg := fresh(1)
	s := open(t, cfg)
	for i, remove := range []func() error{
		func() error { return bucketOf(t, cfg).Delete(t.Context(), "aggregate.account.a.0") },
		func() error { return bucketOf(t, cfg).Purge(t.Context(), "aggregate.account.a.0") },
	} {
		offer, err := s.OfferSnapshot(t.Context(), keyed("a"), 1, at(uint64(9-i)))
		require.NoError(t, err)
		require.Equal(t, core.Stored, offer)
		require.NoError(t, remove())
		require.Zero(t, position(t, s, "a"))
	}
}

func TestTheConnectionMayClose(t *testing.T) {
	nc := connect(t, 1)
	s, err := kvsnapshot.Open[string](t.Context(), nc, fresh(1))
	require.NoError(t, err)
	nc.Close()
	_, _, err = s.LoadSnapshot(t.Context(), keyed("a"), &state{})
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
}
