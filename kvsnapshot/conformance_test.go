package kvsnapshot_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/snapshottest"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func TestStoreKeepsTheContract(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  kvsnapshot.Config
	}{
		{"on one server", kvsnapshot.Config{}},
		{"in memory, as MessagePack with S2", kvsnapshot.Config{Codec: codec.MessagePack, Compression: kvsnapshot.S2, Storage: kvsnapshot.Storage{Memory: true}}},
		{"on a cluster, as JSON with Zstd", kvsnapshot.Config{Storage: kvsnapshot.Storage{Replicas: 3}, Compression: kvsnapshot.Zstd}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			snapshottest.Run(t, harness(c.cfg, func(text string) string { return text }))
		})
	}
}

// harness returns the harness of a store as cfg says, whose ids id makes of a
// text.
func harness[ID comparable](cfg kvsnapshot.Config, id func(string) ID) snapshottest.Harness[ID, uint64] {
	type store = core.SnapshotStore[ID, uint64]
	var buckets sync.Map // of store to string
	h := snapshottest.Harness[ID, uint64]{
		ID:       func(i int) ID { return id(fmt.Sprintf("%032x", i)) },
		Position: func(i int) uint64 { return uint64(i) * 3 },
		Lags:     cfg.Storage.Replicas > 1,
	}
	if _, ok := any(id("")).(uuid); !ok {
		h.TextID = id
	}
	h.Open = func(t *testing.T, policy core.SnapshotPolicy) store {
		cfg := cfg
		cfg.Bucket = newConfig(1).Bucket
		cfg.Policy, cfg.LoadOnly = policy, policy == core.SnapshotPolicy{}
		nc := connect(t, cfg.Storage.Replicas)
		s, err := kvsnapshot.Open[ID](t.Context(), nc, cfg)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, streams(t, nc).DeleteKeyValue(context.Background(), cfg.Bucket)) })
		buckets.Store(s, cfg.Bucket)
		return s
	}
	h.Again = func(t *testing.T, s store, policy core.SnapshotPolicy) store {
		cfg := cfg
		bucket, _ := buckets.Load(s)
		cfg.Bucket = bucket.(string)
		cfg.Policy, cfg.LoadOnly = policy, policy == core.SnapshotPolicy{}
		again, err := kvsnapshot.Open[ID](t.Context(), connect(t, cfg.Storage.Replicas), cfg)
		require.NoError(t, err)
		return again
	}
	return h
}

// uuid marshals to and from text.
type uuid [16]byte

func (u uuid) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(u[:])), nil }

func (u *uuid) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return fmt.Errorf("uuid of %d digits", len(text))
	}
	_, err := hex.Decode(u[:], text)
	return err
}

func TestTypedIDsKeepTheContract(t *testing.T) {
	t.Parallel()
	snapshottest.Run(t, harness(kvsnapshot.Config{Storage: kvsnapshot.Storage{Memory: true}}, func(text string) (id uuid) {
		_, _ = hex.Decode(id[:], []byte(text))
		return id
	}))
}
