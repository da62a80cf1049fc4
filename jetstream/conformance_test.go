package jetstream_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/storetest"
)

func TestOneServerKeepsTheContract(t *testing.T)   { conform(t, 1, nil) }
func TestClusterKeepsTheContract(t *testing.T)     { conform(t, 3, nil) }
func TestMessagePackKeepsTheContract(t *testing.T) { conform(t, 1, codec.MessagePack) }

type meta struct {
	User string
	Tags []string
}

func conform(t *testing.T, replicas int, c codec.Codec) {
	storetest.Run(t, storetest.Harness[string, uint64, string]{
		Open: func(t *testing.T) core.EventStore[string, uint64, string] {
			cfg := fresh(replicas)
			cfg.Codec = c
			cfg.Memory = c != nil // the disk is that of the others
			return openWith[string, string](t, cfg)
		},
		ID:       func(i int) string { return fmt.Sprintf("id-%d", i) },
		Metadata: func(i int) string { return fmt.Sprintf(" line %d\r\n\"é\x00\" ", i) },
		TextID:   func(text string) string { return text },
	})
}

// newtype is a string by another name, uuid marshals to and from text.
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
		storetest.Run(t, storetest.Harness[newtype, uint64, core.NoMetadata]{
			Open: func(t *testing.T) core.EventStore[newtype, uint64, core.NoMetadata] {
				cfg := fresh(1)
				cfg.Memory = true
				return openWith[newtype, core.NoMetadata](t, cfg)
			},
			ID:       func(i int) newtype { return newtype(fmt.Sprint("n", i)) },
			Metadata: func(int) core.NoMetadata { return core.NoMetadata{} },
			TextID:   func(text string) newtype { return newtype(text) },
		})
	})
	t.Run("a UUID", func(t *testing.T) {
		storetest.Run(t, storetest.Harness[uuid, uint64, *meta]{
			Open: func(t *testing.T) core.EventStore[uuid, uint64, *meta] {
				cfg := fresh(1)
				cfg.Memory = true
				return openWith[uuid, *meta](t, cfg)
			},
			ID:       func(i int) uuid { return uuid{15: byte(i), 14: byte(i >> 8)} },
			Metadata: func(i int) *meta { return &meta{User: fmt.Sprint("u", i), Tags: []string{"a"}} },
		})
	})
}
