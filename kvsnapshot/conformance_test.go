package kvsnapshot_test

import (
	"encoding/hex"
	"fmt"
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
		{"on one server, as MessagePack with S2", kvsnapshot.Config{Codec: codec.MessagePack, Compression: kvsnapshot.S2}},
		{"in memory, as JSON with Zstd", kvsnapshot.Config{Compression: kvsnapshot.Zstd, Storage: kvsnapshot.Storage{Memory: true}}},
		{"on a cluster", kvsnapshot.Config{Storage: kvsnapshot.Storage{Replicas: 3}}},
		{"on a cluster, as MessagePack with Zstd", kvsnapshot.Config{Storage: kvsnapshot.Storage{Replicas: 3}, Codec: codec.MessagePack, Compression: kvsnapshot.Zstd}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshottest.Run(t, harness(c.cfg, func(text string) string { return text }))
		})
	}
}

// harness returns the harness of a store as cfg says, whose ids id makes of a
// text.
func harness[ID comparable](cfg kvsnapshot.Config, id func(string) ID) snapshottest.Harness[ID, uint64] {
	type store = core.SnapshotStore[ID, uint64]
	buckets := make(map[store]string)
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
		s, err := kvsnapshot.Open[ID](t.Context(), connect(t, cfg.Storage.Replicas), cfg)
		require.NoError(t, err)
		buckets[s] = cfg.Bucket
		return s
	}
	h.Again = func(t *testing.T, s store, policy core.SnapshotPolicy) store {
		cfg := cfg
		cfg.Bucket = buckets[s]
		cfg.Policy, cfg.LoadOnly = policy, policy == core.SnapshotPolicy{}
		again, err := kvsnapshot.Open[ID](t.Context(), connect(t, cfg.Storage.Replicas), cfg)
		require.NoError(t, err)
		return again
	}
	return h
}

// Types of ids: newtype is a string type, uuid marshals to and from text.
type (
	newtype string
	uuid    [16]byte
)

func (u uuid) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(u[:])), nil }

func (u *uuid) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return fmt.Errorf("uuid of %d digits", len(text))
	}
	_, err := hex.Decode(u[:], text)
	return err
}

func TestTypedIDsKeepTheContract(t *testing.T) {
	t.Run("a newtype", func(t *testing.T) {
		snapshottest.Run(t, harness(kvsnapshot.Config{Storage: kvsnapshot.Storage{Memory: true}}, func(text string) newtype { return newtype(text) }))
	})
	t.Run("a UUID", func(t *testing.T) {
		snapshottest.Run(t, harness(kvsnapshot.Config{Storage: kvsnapshot.Storage{Memory: true}}, func(text string) (id uuid) {
			_, _ = hex.Decode(id[:], []byte(text))
			return id
		}))
	})
}
