package memory_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/storetest"
)

type metadata struct {
	User string            `json:"user"`
	Tags map[string]string `json:"tags"`
}

func TestStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, storetest.Harness[accountID, uint64, metadata]{
		Open: func(*testing.T) core.EventStore[accountID, uint64, metadata] {
			return memory.New[accountID, metadata]()
		},
		ID:       func(i int) accountID { return accountID(rune('a' + i)) },
		Metadata: func(i int) metadata { return metadata{"ada", map[string]string{"i": string(rune('0' + i))}} },
		TextID:   func(text string) accountID { return accountID(text) },
		Tear:     tear,
	})
}

type accountID string

func tear(t *testing.T, store core.EventStore[accountID, uint64, metadata], keep int, commits ...core.Commit[accountID, uint64, metadata]) {
	t.Helper()
	store.(*memory.Store[accountID, metadata]).TearNext(keep)
	_, err := store.Commit(t.Context(), commits...)
	require.ErrorIs(t, err, core.ErrUnknownOutcome)
}

var account = core.Key[string]{Kind: "account", ID: "ACC-001"}

func TestMetadataIsNotShared(t *testing.T) {
	store := memory.New[string, metadata]()
	given := metadata{"ada", map[string]string{"a": "1"}}
	_, err := core.CommitEvents(t.Context(), store, account, []core.Event{Deposited{1}}, given)
	require.NoError(t, err)
	given.Tags["a"] = "changed by its writer"
	for range 2 {
		for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
			require.NoError(t, err)
			require.Equal(t, map[string]string{"a": "1"}, stored.Metadata.Tags)
			stored.Metadata.Tags["a"] = "changed by a reader"
		}
	}
}

func TestMetadataThatCannotBeEncodedIsRefused(t *testing.T) {
	store := memory.New[string, float64]()
	_, err := core.CommitEvents(t.Context(), store, account, []core.Event{Deposited{1}}, math.NaN())
	require.ErrorContains(t, err, "encode metadata")
	version, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.True(t, version.IsZero())
}

func TestUnknownCodecIsADecodeError(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	_, err := core.CommitEvents(t.Context(), store, account, []core.Event{Deposited{1}}, core.NoMetadata{})
	require.NoError(t, err)
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		stored.Codec = "application/x-other"
		_, err = core.Decode[Deposited](store, stored)
		fault, ok := errors.AsType[*core.DecodeError](err)
		require.True(t, ok)
		require.Equal(t, "account.deposited", fault.Kind)
		require.Equal(t, "1", fault.Position)
		require.ErrorContains(t, err, `unknown codec "application/x-other"`)
	}
}

func TestCauseOfAnEndedContextIsTheError(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	cause := errors.New("the office has closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, err := core.CommitEvents(ctx, store, account, []core.Event{Deposited{1}}, core.NoMetadata{})
	require.ErrorIs(t, err, cause)
	_, err = store.Version(ctx, account)
	require.ErrorIs(t, err, cause)
	for _, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{}) {
		require.ErrorIs(t, err, cause)
	}
}

func TestTimeIsThatOfTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New[string, core.NoMetadata]()
		for i := range 2 {
			_, err := core.CommitEvents(t.Context(), store, account, []core.Event{Deposited{i}}, core.NoMetadata{})
			require.NoError(t, err)
			for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{After: core.At(uint64(i))}) {
				require.NoError(t, err)
				require.Equal(t, time.Now().UTC().Round(0), stored.Time)
			}
			<-time.After(time.Hour)
		}
	})
}
