package coretest_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

func roomKey(id string) core.Key[string] { return core.Key[string]{Kind: "room", ID: id} }

func TestSeedRecordsAHistory(t *testing.T) {
	store := memory.New[string, string]()
	require.True(t, coretest.Seed(t, store, roomKey("1")).IsZero())
	require.Equal(t, core.At(uint64(1)), coretest.Seed(t, store, roomKey("1"), bookedV1{"ada"}))
	require.Equal(t, core.At(uint64(3)), coretest.SeedWith(t, store, roomKey("1"), "by hand", bookedV1{"bob"}, left{"ada"}))
	require.Equal(t, core.At(uint64(3)), coretest.Seed(t, store, roomKey("1")))

	var metadata []string
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		metadata = append(metadata, stored.Metadata)
	}
	require.Equal(t, []string{"", "by hand", "by hand"}, metadata)
}

func TestSeedFailsTheTestThatCannotBeSeeded(t *testing.T) {
	store := memory.New[string, string]()
	text, line := failure(t, func(t testing.TB) { coretest.Seed(t, store, roomKey("1"), nil) })
	require.Equal(t, here(-1), line)
	require.Contains(t, text, "seed room 1: encode event 0")
}

func TestRawIsRecordedAsItIs(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, roomKey("1"), bookedV1{"ada"}, coretest.Raw{Kind: "room.reserved", JSON: `{"Guest":7}`})
	_, _, err := core.NewRepository(store, rooms).Load(t.Context(), "1")
	fault, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "2", fault.Position)
	require.Equal(t, "room.reserved", fault.Kind)
}

func TestInterruptCallsTheRivalOnce(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, rooms)
	coretest.Seed(t, store, roomKey("1"), bookedV1{"ada"})
	rival := func() { coretest.Seed(t, store, roomKey("1"), bookedV1{"bob"}) }

	_, err := repo.Update(t.Context(), "1", coretest.Interrupt(book{"cyd", 0}, rival))
	require.ErrorIs(t, err, core.ErrConflict)

	coretest.Seed(t, store, roomKey("2"), bookedV1{"ada"})
	rival = func() { coretest.Seed(t, store, roomKey("2"), bookedV1{"bob"}) }
	_, err = repo.WithRetries(1).Update(t.Context(), "2", coretest.Interrupt(book{"cyd", 0}, rival))
	require.ErrorIs(t, err, errFull)
}
