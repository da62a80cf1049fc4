package core_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
)

// rivalled is a command that a rival is faster than, the first n times. It
// notes the states that it sees.
type rivalled struct {
	n     int
	rival func()
	saw   []int64
}

func (c *rivalled) Handle(a account) ([]core.Event, error) {
	c.saw = append(c.saw, a.Balance)
	if len(c.saw) <= c.n {
		c.rival()
	}
	return []core.Event{fundsDeposited{10}}, nil
}

// contended returns an account of 0, and a command of which n attempts fail.
func contended(t *testing.T, n int) (*spy, *rivalled) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	rival := func() { coretest.Seed(t, store.Store, accountKey("a"), fundsDeposited{1}) }
	return store, &rivalled{n: n, rival: rival}
}

func TestConflictIsRetriedOnFreshState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, verb := range []string{"update", "upsert"} {
			store, cmd := contended(t, 3)
			repo := store.repo().WithRetries(3)
			run := repo.Update
			if verb == "upsert" {
				run = repo.Upsert
			}
			v, err := run(t.Context(), "a", cmd)
			require.NoError(t, err)
			require.Equal(t, core.At(uint64(5)), v)
			require.Equal(t, []int64{0, 1, 2, 3}, cmd.saw)
			state, _, err := repo.Load(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, int64(13), state.Balance)
		}
	})
}

func TestLastConflictIsTheErrorWhenRetriesAreExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for retries := range 4 {
			store, cmd := contended(t, 10)
			v, err := store.repo().WithRetries(retries).Update(t.Context(), "a", cmd)
			require.Len(t, cmd.saw, retries+1)
			conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, core.At(uint64(retries+1)), conflict.Expected)
			require.Equal(t, core.At(uint64(retries+2)), conflict.Actual)
			require.Equal(t, conflict.Expected, v)
		}
	})
}

func TestRefusalOnFreshStateEndsTheRetries(t *testing.T) {
	store, _ := contended(t, 0)
	attempts := 0
	cmd := decide(func(a account) ([]core.Event, error) {
		if attempts++; a.Balance > 0 {
			return nil, errAmount
		}
		coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
		return []core.Event{fundsDeposited{10}}, nil
	})
	_, err := store.repo().WithRetries(100).Update(t.Context(), "a", cmd)
	require.ErrorIs(t, err, errAmount)
	require.Equal(t, 2, attempts)
}

func TestBackOffIsShortAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, cmd := contended(t, 1<<30)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := store.repo().WithRetries(1<<30).Update(ctx, "a", cmd)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, core.ErrConflict)
		require.Equal(t, 10*time.Second, time.Since(start))
		require.Greater(t, len(cmd.saw), 100, "attempts are at most 100 ms apart")
		require.Less(t, len(cmd.saw), 1000, "they are not a storm")
	})
}

func TestFirstRetriesHaveShortPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, cmd := contended(t, 3)
		start := time.Now()
		_, err := store.repo().WithRetries(3).Update(t.Context(), "a", cmd)
		require.NoError(t, err)
		require.Less(t, time.Since(start), 8*time.Millisecond)
	})
}

func TestCreateReportsThatItExistsAndNeverAConflict(t *testing.T) {
	store := newSpy()
	attempts := 0
	cmd := decide(func(account) ([]core.Event, error) {
		attempts++
		return []core.Event{accountOpened{"ada"}}, nil
	})
	rival := func() { coretest.Seed(t, store, accountKey("a"), accountOpened{"bob"}) }
	_, err := store.repo().WithRetries(5).Create(t.Context(), "a", coretest.Interrupt(cmd, rival))
	require.ErrorIs(t, err, core.ErrExists)
	require.NotErrorIs(t, err, core.ErrConflict)
	require.Equal(t, 1, attempts)

	_, err = store.repo().Create(t.Context(), "a", refuses(errAmount))
	require.ErrorIs(t, err, errAmount, "a refusal comes first")
	require.NotErrorIs(t, err, core.ErrExists)
}

func TestConcurrentUpsertsOfANewAggregate(t *testing.T) {
	store := newSpy()
	rival := func() { coretest.Seed(t, store, accountKey("a"), accountOpened{"bob"}) }
	_, err := store.repo().Upsert(t.Context(), "a", coretest.Interrupt(deposit{1}, rival))
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	require.True(t, ok, "%v", err)
	require.True(t, conflict.Expected.IsZero())
	require.NotErrorIs(t, err, core.ErrExists)

	store = newSpy()
	_, err = store.repo().WithRetries(1).Upsert(t.Context(), "a", coretest.Interrupt(deposit{1}, rival))
	require.NoError(t, err)
	state, v, err := store.repo().Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{"bob", 1}, state)
	require.Equal(t, core.At(uint64(2)), v)
}

func TestUncheckedAppendsAfterAnotherWriter(t *testing.T) {
	store, cmd := contended(t, 1)
	snaps := fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps).Unchecked()
	v, err := repo.Update(t.Context(), "a", cmd)
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(3)), v)
	require.Len(t, cmd.saw, 1)
	require.Empty(t, snaps.Offers, "the state lacks the event of the rival")
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, int64(11), state.Balance)

	_, err = repo.Update(t.Context(), "b", cmd)
	require.ErrorIs(t, err, core.ErrNotFound)
}

func TestUncheckedStillChecksANewAggregate(t *testing.T) {
	store := newSpy()
	repo := store.repo().Unchecked()
	rival := func(id string) func() {
		return func() { coretest.Seed(t, store, accountKey(id), accountOpened{"bob"}) }
	}
	_, err := repo.Create(t.Context(), "a", coretest.Interrupt(openAccount{"ada"}, rival("a")))
	require.ErrorIs(t, err, core.ErrExists)
	_, err = repo.Upsert(t.Context(), "b", coretest.Interrupt(deposit{1}, rival("b")))
	require.ErrorIs(t, err, core.ErrConflict)
}

// A refusal is a refusal, also if its author found the same words for it.
func TestRefusalThatLooksLikeAConflictIsARefusal(t *testing.T) {
	mine := fmt.Errorf("the seat is taken: %w", core.ErrConflict)
	store, _ := contended(t, 0)
	attempts := 0
	cmd := decide(func(account) ([]core.Event, error) {
		attempts++
		return nil, mine
	})
	_, err := store.repo().WithRetries(5).Update(t.Context(), "a", cmd)
	require.ErrorIs(t, err, mine)
	require.Equal(t, 1, attempts)
	_, err = store.repo().Create(t.Context(), "b", cmd)
	require.ErrorIs(t, err, mine)
	require.NotErrorIs(t, err, core.ErrExists)
}
