package jetstream_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/storetest"
)

func TestOneServerKeepsTheContract(t *testing.T) {
	t.Parallel()
	stores := &tearing{}
	storetest.Run(t, storetest.Harness[string, uint64, string]{
		Open:     stores.open,
		ID:       func(i int) string { return fmt.Sprintf("id-%d", i) },
		Metadata: func(i int) string { return fmt.Sprintf(" line %d\r\n\"é\x00\" ", i) },
		TextID:   func(text string) string { return text },
		Tear:     stores.tear,

		CommitUnreadable: stores.commitUnreadable,
	})
}

type meta struct {
	User string
	Tags []string
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

// Here with all else that a store is generic over or may be told: ids with a text of their
// own, metadata behind a pointer, another codec.
func TestClusterKeepsTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Harness[uuid, uint64, *meta]{
		Open: func(t *testing.T) core.EventStore[uuid, uint64, *meta] {
			cfg := fresh(3)
			cfg.Codec = codec.MessagePack
			return openWith[uuid, *meta](t, cfg)
		},
		ID:       func(i int) uuid { return uuid{15: byte(i), 14: byte(i >> 8)} },
		Metadata: func(i int) *meta { return &meta{User: fmt.Sprint("u", i), Tags: []string{"a"}} },
	})
}

func TestIDsOfANewtypeComeBackAsTheyWere(t *testing.T) {
	s := openWith[newtype, core.NoMetadata](t, fresh(1))
	for _, text := range []string{"plain", "a.b", "*", " ", "é", "\x00", "=2E"} {
		key := core.Key[newtype]{Kind: "account", ID: newtype(text)}
		_, err := core.CommitEvents(t.Context(), s, key, []core.Event{opened{text}}, core.NoMetadata{})
		require.NoError(t, err, "%q", text)
		for stored, err := range s.LoadEvents(t.Context(), core.Filter[newtype, uint64]{Aggregate: &key}) {
			require.NoError(t, err)
			require.Equal(t, key, stored.Key)
		}
	}
}
