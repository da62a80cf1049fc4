package kvsnapshot_test

import (
	"errors"
	"math/rand/v2"
	"testing"

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

// The encoded state is text in base64.
func TestStateOverTheLimitIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name  string
		key   core.SnapshotKey[string]
		max   int64
		limit int
	}{
		{"as configured", largeKey("a"), 3000, 3000},
		{"of an aggregate", accountKey("a"), 0, 4 << 20},
		{"of an aggregate, as configured", accountKey("a"), 2000, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc, cfg := connect(t, 1), newConfig(1)
			cfg.MaxSize = c.max
			s := openOver(t, nc, cfg)
			before := nc.Stats().OutMsgs
			offer, err := s.OfferSnapshot(t.Context(), c.key, core.SnapshotAge{Events: 1}, of(noise(c.limit)))
			require.Equal(t, core.Declined, offer)
			large, ok := errors.AsType[*kvsnapshot.TooLargeError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.limit, large.Limit)
			require.Greater(t, large.Size, c.limit)
			require.Equal(t, before, nc.Stats().OutMsgs)
		})
	}
}

// The limit of messages leaves enough room for the headers of a write.
func TestStatesAboutTheSizeOfAMessageAreStored(t *testing.T) {
	nc := connect(t, 1)
	s := openOver(t, nc, newConfig(1))
	limit := int(nc.MaxPayload())
	state, position := noise(limit), uint64(0)
	for _, near := range []int{-1200, -700, -500, -400, -300, -200, -100, 0} {
		for add := range 4 {
			position++
			size := (limit + near + 25*add) * 3 / 4
			offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
				return core.Snapshot[uint64]{Position: position, State: state[:size]}, nil
			})
			require.NoError(t, err)
			require.Equal(t, core.Stored, offer)
			var loaded []byte
			_, ok, err := s.LoadSnapshot(t.Context(), accountKey("a"), &loaded)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, state[:size], loaded)
		}
	}
}
