package core_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
)

func TestCommandIDTravelsWithItsContext(t *testing.T) {
	require.Empty(t, core.CommandID(t.Context()))
	ctx := core.WithCommandID(t.Context(), "1")
	require.Equal(t, "1", core.CommandID(ctx))
	require.Equal(t, "2", core.CommandID(core.WithCommandID(ctx, "2")))
	require.Empty(t, core.CommandID(core.WithCommandID(ctx, "")))
}

func TestCommandOfOneIDIsRecordedOnce(t *testing.T) {
	verbs := map[string]func(*accountRepo, context.Context, core.Command[account]) (core.Version[uint64], error){
		"update": func(r *accountRepo, ctx context.Context, cmd core.Command[account]) (core.Version[uint64], error) {
			return r.Update(ctx, "a", cmd)
		},
		"upsert": func(r *accountRepo, ctx context.Context, cmd core.Command[account]) (core.Version[uint64], error) {
			return r.Upsert(ctx, "a", cmd)
		},
		"unchecked": func(r *accountRepo, ctx context.Context, cmd core.Command[account]) (core.Version[uint64], error) {
			return r.Unchecked().Update(ctx, "a", cmd)
		},
	}
	for name, verb := range verbs {
		t.Run(name, func(t *testing.T) {
			store := newSpy()
			coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
			ctx := core.WithCommandID(t.Context(), "pay-7")
			first, err := verb(store.repo(), ctx, emits(fundsDeposited{5}, fundsDeposited{6}))
			require.NoError(t, err)
			require.Equal(t, core.At(uint64(3)), first)

			for range 3 {
				again, err := verb(store.repo(), ctx, refuses(errors.New("decided twice")))
				require.NoError(t, err)
				require.Equal(t, first, again)
				for range 50 { // others go on in between
					_, err = verb(store.repo(), t.Context(), deposit{1})
					require.NoError(t, err)
				}
				_, err = verb(store.repo(), core.WithCommandID(t.Context(), fmt.Sprint(again, store.events(t))), deposit{1})
				require.NoError(t, err)
			}
			state, _, err := store.repo().Load(ctx, "a")
			require.NoError(t, err)
			require.Equal(t, int64(5+6+3*51), state.Balance)
		})
	}
}

func TestSecondCreateReturnsTheVersionOfTheFirst(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "open-1")
	first, err := store.repo().Create(ctx, "a", openAccount{"ada"})
	require.NoError(t, err)
	_, err = store.repo().Update(t.Context(), "a", deposit{1})
	require.NoError(t, err)
	again, err := store.repo().Create(ctx, "a", openAccount{"ada"})
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = store.repo().Create(core.WithCommandID(ctx, "open-2"), "a", openAccount{"ada"})
	require.ErrorIs(t, err, core.ErrExists)
	require.Equal(t, 2, store.events(t))
}

// The conflict that a command meets may be its own first try. It is checked
// under Unchecked, too, for it could not be found otherwise.
func TestConflictWithItselfIsSuccess(t *testing.T) {
	for name, with := range map[string]func(*accountRepo) *accountRepo{
		"checked":   func(r *accountRepo) *accountRepo { return r },
		"unchecked": (*accountRepo).Unchecked,
	} {
		store := newSpy()
		repo := with(store.repo())
		coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
		ctx := core.WithCommandID(t.Context(), "pay-7")
		var first core.Version[uint64]
		cmd := coretest.Interrupt(deposit{5}, func() {
			var err error
			first, err = repo.Update(ctx, "a", deposit{5})
			require.NoError(t, err, name)
		})
		v, err := repo.Update(ctx, "a", cmd)
		require.NoError(t, err, name)
		require.Equal(t, first, v, name)
		require.Equal(t, 2, store.events(t), name)

		_, err = repo.Update(core.WithCommandID(ctx, "pay-8"), "a", coretest.Interrupt(deposit{5}, func() {
			coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
		}))
		require.ErrorIs(t, err, core.ErrConflict, name)
	}
}

func TestCommandWithoutEventsIsDecidedAgain(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	ctx := core.WithCommandID(t.Context(), "pay-7")
	_, err := store.repo().Update(ctx, "a", emits())
	require.NoError(t, err)
	_, err = store.repo().Update(ctx, "a", refuses(errAmount))
	require.ErrorIs(t, err, errAmount)
	v, err := store.repo().Update(ctx, "a", deposit{1})
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(2)), v)
}

func TestOneIDOnTwoAggregatesIsTwoCommands(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "pay-7")
	for i, id := range []string{"a", "b"} {
		v, err := store.repo().Upsert(ctx, id, deposit{1})
		require.NoError(t, err)
		require.Equal(t, core.At(uint64(i+1)), v)
	}
}

func TestEmptyCommandIDIsNone(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "")
	for range 2 {
		_, err := store.repo().Upsert(ctx, "a", deposit{1})
		require.NoError(t, err)
	}
	require.Equal(t, 2, store.events(t))
}

// lone is a store that can do no more than the contract.
type lone struct {
	core.EventStore[string, uint64, core.NoMetadata]
}

func TestCommandIDNeedsNoMoreThanAStore(t *testing.T) {
	store := newSpy()
	repo := core.NewRepository(lone{store}, accounts)
	for range 2 {
		v, err := repo.Create(core.WithCommandID(t.Context(), "1"), "a", openAccount{"ada"})
		require.NoError(t, err)
		require.Equal(t, core.At(uint64(1)), v)
	}
	require.Equal(t, 1, store.events(t))
}

// Command ids are found in a snapshot, too, if they are among its last 1,000.
func TestSnapshotRemembersTheLastCommands(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	var versions []core.Version[uint64]
	for i := range 1001 {
		v, err := repo.Upsert(core.WithCommandID(t.Context(), fmt.Sprint(i)), "a", deposit{1})
		require.NoError(t, err)
		versions = append(versions, v)
	}
	for _, i := range []int{1, 500, 1000} {
		v, err := repo.Update(core.WithCommandID(t.Context(), fmt.Sprint(i)), "a", deposit{1})
		require.NoError(t, err)
		require.Equal(t, versions[i], v)
	}
	require.Equal(t, 1001, store.events(t))
	_, err := repo.Update(core.WithCommandID(t.Context(), "0"), "a", deposit{1})
	require.NoError(t, err)
	require.Equal(t, 1002, store.events(t), "the first of 1,001 is forgotten")
}
