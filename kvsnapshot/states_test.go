package kvsnapshot_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

type account struct {
	Owner   string
	balance int
}

func TestStateWithHiddenFieldsIsRefused(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON, codec.MessagePack} {
		cfg := newConfig(1)
		cfg.Codec = c
		offer, err := open(t, cfg).OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, of(account{"ada", 1}))
		require.Equal(t, core.Declined, offer)
		hidden, ok := errors.AsType[*codec.HiddenFieldError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "account.balance", hidden.Field)
		_, ok = errors.AsType[*core.SnapshotCreateError](err)
		require.True(t, ok)
	}
}

// xJSON is JSON by another name.
type xJSON struct{ codec.Codec }

func (xJSON) Name() string { return "application/x-json" }

func TestSnapshotOfAnUnknownCodecIsReplaced(t *testing.T) {
	cfg := newConfig(1)
	cfg.Codec = xJSON{codec.JSON}
	writer := open(t, cfg)
	_, err := writer.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(7))
	require.NoError(t, err)
	require.Equal(t, uint64(7), position(t, writer, "a"))
	cfg.Codec = nil
	other := open(t, cfg)
	_, ok, err := other.LoadSnapshot(t.Context(), accountKey("a"), &state{})
	require.False(t, ok)
	unknown, is := errors.AsType[*codec.UnknownError](err)
	require.True(t, is, "%v", err)
	require.Equal(t, "application/x-json", unknown.Name)
	_, err = other.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(5)) // older
	require.NoError(t, err)
	require.Equal(t, uint64(5), position(t, other, "a"))
	require.Equal(t, uint64(5), position(t, writer, "a"), "every store reads JSON")
}

func TestSnapshotThatDoesNotDecodeIsReplaced(t *testing.T) {
	s := open(t, newConfig(1))
	_, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, of(struct{ Number string }{"one"}))
	require.NoError(t, err)
	_, _, err = s.LoadSnapshot(t.Context(), accountKey("a"), &state{})
	require.Error(t, err)
	offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(1))
	require.NoError(t, err)
	require.Equal(t, core.Stored, offer)
	require.Equal(t, uint64(1), position(t, s, "a"))
}
