package core_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// Commands that retry on one aggregate wait for each other, or for the end of their
// context; commands on other aggregates do not wait for them.
func TestRetriesAreSerialisedPerAggregate(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, accounts).WithRetries(5)
	for _, id := range []string{"a", "b"} {
		coretest.Seed(t, store, accountKey(id), accountOpened{"ada"})
	}
	// conflicting is a command that is in conflict at first, and then calls again.
	conflicting := func(id string, again func()) core.Command[account] {
		attempts := 0
		return decide(func(a account) ([]core.Event, error) {
			if attempts++; attempts == 1 {
				coretest.Seed(t, store, accountKey(id), fundsDeposited{1})
			} else {
				again()
			}
			return []core.Event{fundsDeposited{10}}, nil
		})
	}
	retrying, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := repo.Update(t.Context(), "a", conflicting("a", sync.OnceFunc(func() { close(retrying); <-release })))
		done <- err
	}()
	<-retrying

	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan error)
	go func() {
		_, err := repo.WithRetries(9).Update(ctx, "a", conflicting("a", func() { t.Error("another command is retrying") }))
		cancelled <- err
	}()
	_, err := repo.Update(t.Context(), "b", conflicting("b", func() {}))
	require.NoError(t, err, "another aggregate has its own lock")
	_, err = repo.Update(t.Context(), "b", deposit{1})
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-cancelled, context.Canceled)

	close(release)
	require.NoError(t, <-done)
	a, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.GreaterOrEqual(t, a.Balance, int64(11))
	_, err = repo.Update(t.Context(), "a", conflicting("a", func() {}))
	require.NoError(t, err, "the lock was released")
}
