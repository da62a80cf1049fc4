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
	"github.com/jetsource/jetsource/core/memory"
)

func TestTheVerbIsThePrecondition(t *testing.T) {
	ctx, repo := t.Context(), newSpy().repo()

	_, _, err := repo.Load(ctx, "a")
	require.ErrorIs(t, err, core.ErrNotFound)
	_, err = repo.Update(ctx, "a", decide(nil))
	require.ErrorIs(t, err, core.ErrNotFound, "and the command was not asked")
	v, err := repo.Create(ctx, "a", openAccount{"ada"})
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(1)), v)
	_, err = repo.Create(ctx, "a", openAccount{"bob"})
	require.ErrorIs(t, err, core.ErrExists)
	v, err = repo.Update(ctx, "a", deposit{5})
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(2)), v)
	_, err = repo.Upsert(ctx, "a", deposit{6})
	require.NoError(t, err)
	_, err = repo.Upsert(ctx, "b", openAccount{"bob"})
	require.NoError(t, err)

	state, v, err := repo.Load(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 11}, state)
	require.Equal(t, core.At(uint64(3)), v)
}

func TestErrorsNameTheVerbAndTheAggregate(t *testing.T) {
	ctx, store := t.Context(), newSpy()
	repo := store.repo()
	coretest.Seed(t, store, accountKey("ACC-001"), accountOpened{"ada"}, fundsDeposited{5})

	_, err := repo.Update(ctx, "ACC-001", deposit{-1})
	require.EqualError(t, err, "update account ACC-001: deposit -1: amount must be positive")
	require.ErrorIs(t, err, errAmount)
	_, err = repo.Update(ctx, "ACC-002", deposit{1})
	require.EqualError(t, err, "update account ACC-002: aggregate not found")
	_, _, err = repo.Load(ctx, "ACC-002")
	require.EqualError(t, err, "load account ACC-002: aggregate not found")
	_, err = repo.Create(ctx, "ACC-001", openAccount{"bob"})
	require.EqualError(t, err, "create account ACC-001: aggregate already exists")
	_, err = repo.Upsert(ctx, "ACC-001", emits(accountClosed{}))
	require.EqualError(t, err, "upsert account ACC-001: aggregate account: event has no handler: account.closed")
	_, err = repo.Update(ctx, "ACC-001", coretest.Interrupt(deposit{1}, func() {
		coretest.Seed(t, store, accountKey("ACC-001"), fundsDeposited{1})
	}))
	require.EqualError(t, err, "update account ACC-001: version conflict: expected 2, aggregate is at 3")
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	require.True(t, ok)
	require.Equal(t, core.At(uint64(2)), conflict.Expected)
	require.Equal(t, core.At(uint64(3)), conflict.Actual)
}

func TestCommandWithoutEventsWritesNothing(t *testing.T) {
	ctx, store, snaps := t.Context(), newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	seeded := coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	commits := store.commits
	for name, verb := range map[string]func() (core.Version[uint64], error){
		"update": func() (core.Version[uint64], error) { return repo.Update(ctx, "a", emits()) },
		"upsert": func() (core.Version[uint64], error) { return repo.Upsert(ctx, "a", emits()) },
		"id":     func() (core.Version[uint64], error) { return repo.Update(core.WithCommandID(ctx, "1"), "a", emits()) },
	} {
		v, err := verb()
		require.NoError(t, err, name)
		require.Equal(t, seeded, v, name)
	}
	for _, id := range []string{"a", "b"} { // what is there already is not looked at
		v, err := repo.Create(ctx, id, emits())
		require.NoError(t, err)
		require.True(t, v.IsZero())
	}
	v, err := repo.Upsert(ctx, "b", emits())
	require.NoError(t, err)
	require.True(t, v.IsZero())
	_, _, err = repo.Load(ctx, "b")
	require.ErrorIs(t, err, core.ErrNotFound)
	require.Equal(t, commits, store.commits)
	require.Empty(t, snaps.Offers)
}

func TestUnknownEventIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	ctx, store := t.Context(), newSpy()
	repo := store.repo()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	commits := store.commits
	for _, bad := range []core.Event{accountClosed{}, nil} {
		cmd := emits(fundsDeposited{1}, bad)
		_, err := repo.Update(ctx, "a", cmd)
		require.ErrorIs(t, err, core.ErrUnknownEvent)
		_, err = repo.Unchecked().Upsert(ctx, "a", cmd)
		require.ErrorIs(t, err, core.ErrUnknownEvent)
		_, err = repo.Create(ctx, "b", cmd)
		require.ErrorIs(t, err, core.ErrUnknownEvent)
	}
	require.Equal(t, commits, store.commits)
}

func TestEventsOfARefusalAreNotRecorded(t *testing.T) {
	store := newSpy()
	_, err := store.repo().Create(t.Context(), "a", decide(func(account) ([]core.Event, error) {
		return []core.Event{accountOpened{"ada"}}, errAmount
	}))
	require.ErrorIs(t, err, errAmount)
	require.Zero(t, store.commits)
}

func TestCommandSeesTheStateOfItsEvents(t *testing.T) {
	store := newSpy()
	see := func(want account) decide {
		return func(got account) ([]core.Event, error) {
			require.Equal(t, want, got)
			return []core.Event{fundsDeposited{5}}, nil
		}
	}
	repo := store.repo()
	_, err := repo.Create(t.Context(), "a", see(account{}))
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "a", see(account{Balance: 5}))
	require.NoError(t, err)
	_, err = repo.Upsert(t.Context(), "b", see(account{}))
	require.NoError(t, err)
	require.Len(t, store.loads, 2, "Create loads nothing")
}

func TestErrorOfTheStorePassesThrough(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	repo := store.repo().WithRetries(5)
	for name, broken := range map[string]error{
		"a full disk":     errors.New("disk full"),
		"unknown outcome": fmt.Errorf("commit C: %w: %w", core.ErrUnknownOutcome, context.DeadlineExceeded),
	} {
		store.commits, store.before = 0, func() error { return broken }
		_, err := repo.Update(t.Context(), "a", deposit{1})
		require.ErrorIs(t, err, broken, name)
		_, err = repo.Create(t.Context(), "b", openAccount{"bob"})
		require.ErrorIs(t, err, broken, name)
		_, err = repo.Unchecked().Upsert(core.WithCommandID(t.Context(), "1"), "a", deposit{1})
		require.ErrorIs(t, err, broken, name)
		require.Equal(t, 3, store.commits, name)
	}
}

func TestMetadataIsRecordedWithEachEvent(t *testing.T) {
	type user struct{}
	store := memory.New[string, string]()
	repo := core.NewRepository(store, accounts)
	ctx := context.WithValue(t.Context(), user{}, "cyd")

	_, err := repo.Create(ctx, "a", openAccount{"ada"})
	require.NoError(t, err)
	_, err = repo.WithMetadata("ada").Update(ctx, "a", emits(fundsDeposited{1}, fundsDeposited{2}))
	require.NoError(t, err)
	fromContext := repo.WithMetadataFrom(func(ctx context.Context) string { return ctx.Value(user{}).(string) })
	_, err = fromContext.Update(ctx, "a", deposit{3})
	require.NoError(t, err)
	_, err = fromContext.Update(core.WithCommandID(ctx, "1"), "a", deposit{4})
	require.NoError(t, err)
	_, err = fromContext.Unchecked().Update(ctx, "a", deposit{4})
	require.NoError(t, err)

	var got []string
	for stored, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		got = append(got, stored.Metadata)
	}
	require.Equal(t, []string{"", "ada", "ada", "cyd", "cyd", "cyd"}, got)
}

func TestWithMethodsLeaveTheOriginalAlone(t *testing.T) {
	store := newSpy()
	repo := store.repo()
	repo.WithRetries(5)
	repo.Unchecked()
	repo.WithSnapshots(fakes.NewSnapshots())
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	_, err := repo.Update(t.Context(), "a", coretest.Interrupt(deposit{1}, func() {
		coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
	}))
	require.ErrorIs(t, err, core.ErrConflict)
}

// A program that dropped the handler of an event goes on with what is recorded.
func TestEventWithoutHandlerCountsForTheVersion(t *testing.T) {
	for name, g := range map[string]*core.Aggregate[account]{"lenient": accounts.Lenient(), "ignored": accounts.Ignore("account.closed")} {
		t.Run(name, func(t *testing.T) { eventWithoutHandlerCounts(t, g) })
	}
}

func eventWithoutHandlerCounts(t *testing.T, g *core.Aggregate[account]) {
	store := newSpy()
	repo := core.NewRepository(store, g).WithSnapshots(fakes.NewSnapshots())
	seeded := coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"}, fundsDeposited{5}, accountClosed{})
	_, v, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, seeded, v)
	for range 3 {
		_, err = repo.Update(t.Context(), "a", deposit{1})
		require.NoError(t, err)
		coretest.Seed(t, store, accountKey("a"), accountClosed{})
	}
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 8}, state)

	coretest.Seed(t, store, accountKey("b"), accountClosed{})
	state, v, err = repo.Load(t.Context(), "b")
	require.NoError(t, err)
	require.Equal(t, account{}, state)
	require.False(t, v.IsZero())
	_, err = repo.Create(t.Context(), "b", openAccount{"bob"})
	require.ErrorIs(t, err, core.ErrExists)
}

func TestEndedContextEndsEachVerb(t *testing.T) {
	cause := errors.New("the office has closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	repo := newSpy().repo().WithRetries(5)
	_, err := repo.Create(ctx, "a", openAccount{"ada"})
	require.ErrorIs(t, err, cause)
	_, err = repo.Update(ctx, "a", deposit{1})
	require.ErrorIs(t, err, cause)
	_, err = repo.Upsert(ctx, "a", deposit{1})
	require.ErrorIs(t, err, cause)
	_, _, err = repo.Load(ctx, "a")
	require.ErrorIs(t, err, cause)
}

func TestNilCommandIsAnError(t *testing.T) {
	store := newSpy()
	repo := store.repo()
	for name, cmd := range map[string]core.Command[account]{"nil": nil, "nil func": decide(nil)} {
		for verb, run := range map[string]func() (core.Version[uint64], error){
			"create": func() (core.Version[uint64], error) { return repo.Create(t.Context(), "a", cmd) },
			"update": func() (core.Version[uint64], error) { return repo.WithRetries(3).Update(t.Context(), "b", cmd) },
			"upsert": func() (core.Version[uint64], error) { return repo.Upsert(t.Context(), "a", cmd) },
		} {
			if name == "nil" || verb != "update" { // an Update without an aggregate does not reach the command
				_, err := run()
				require.ErrorIs(t, err, core.ErrNilCommand, "%s of a %s command", verb, name)
				require.ErrorContains(t, err, verb+" account ")
			}
		}
	}
	require.Zero(t, store.commits)
}
