package kvsnapshot_test

import (
	"errors"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// noise returns bytes that do not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// requireTooLarge offers a snapshot and checks that it is over limit, and that
// nothing is sent.
func requireTooLarge(t *testing.T, nc *nats.Conn, s *kvsnapshot.Store[string], limit int, state any) {
	t.Helper()
	before := nc.Stats().OutMsgs
	offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, of(state))
	require.Equal(t, core.Declined, offer)
	large, ok := errors.AsType[*kvsnapshot.TooLargeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "aggregate.account.a.0.=", large.Key)
	require.Equal(t, limit, large.Limit)
	require.Greater(t, large.Size, limit)
	require.Equal(t, before, nc.Stats().OutMsgs)
}

func TestSnapshotOverTheServersLimitIsNotSent(t *testing.T) {
	nc := connect(t, 1)
	limit := int(nc.MaxPayload()) - 128
	requireTooLarge(t, nc, openOver(t, nc, newConfig(1)), limit, noise(limit))
}

func TestSnapshotOverTheBucketsLimitIsNotSent(t *testing.T) {
	cfg, nc := newConfig(1), connect(t, 1)
	openOver(t, nc, cfg)
	js := streams(t, nc)
	stream, err := js.Stream(t.Context(), "KV_"+cfg.Bucket)
	require.NoError(t, err)
	sc := stream.CachedInfo().Config
	sc.MaxMsgSize = 1000
	_, err = js.UpdateStream(t.Context(), sc)
	require.NoError(t, err)
	requireTooLarge(t, nc, openOver(t, nc, cfg), 1000-128, noise(1000))
}

// The limit leaves enough room for the headers of a write.
func TestLargestSnapshotWithinTheLimitIsStored(t *testing.T) {
	nc := connect(t, 1)
	s := openOver(t, nc, newConfig(1))
	limit := int(nc.MaxPayload())
	state, position := noise(limit), uint64(0)
	sort.Search(limit, func(size int) bool {
		position++
		offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
			return core.Snapshot[uint64]{Position: position, State: state[:size]}, nil
		})
		_, large := errors.AsType[*kvsnapshot.TooLargeError](err)
		require.True(t, large || err == nil && offer == core.Stored, "%d bytes: %v", size, err)
		return large
	})
}
