package projection_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

func TestWaitForNothingReturnsAtOnce(t *testing.T) {
	live := projection.NewLive(newBank(), ledgers) // which does not run
	require.NoError(t, live.Wait(t.Context()))
	require.NoError(t, live.Wait(t.Context(), version{}))
	require.NoError(t, live.Wait(t.Context(), version{}, version{}))
	require.NoError(t, live.CatchUp(t.Context()), "the store is empty")
}

func TestWaitReturnsWhenAnEventIsFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		for i := range int64(5) {
			v := pay(t, store, "a", 1)
			require.NoError(t, live.Wait(t.Context(), v))
			require.Equal(t, i+1, seen(live).Total)
		}
		require.NoError(t, live.Wait(t.Context(), at(2)), "it was reached before")
		require.NoError(t, stop())
		require.NoError(t, live.Wait(t.Context(), at(5)), "it had reached that when it ended")
		require.NoError(t, live.Wait(t.Context()))
	})
}

// held is a store whose subscriptions hold back each event until it is let go.
type held struct {
	*bankStore
	release chan struct{}
}

func (s held) Subscribe(ctx context.Context, filters ...bankFilter) bankEvents {
	return func(yield func(bankEvent, error) bool) {
		for e, err := range s.bankStore.Subscribe(ctx, filters...) {
			select {
			case <-s.release:
			case <-ctx.Done():
				return
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestWaitWaitsForALateDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := held{newBank(), make(chan struct{})}
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		first, second := pay(t, store, "a", 1), pay(t, store, "a", 2)
		visited := visits(t, store, "a")
		waited := make(map[string]chan error)
		for name, versions := range map[string][]version{"first": {first}, "both": {first, second, {}}, "reversed": {second, first}, "visit": {visited}} {
			done := make(chan error, 1)
			waited[name] = done
			go func() { done <- live.Wait(t.Context(), versions...) }()
		}
		time.Sleep(time.Hour)
		for name := range waited {
			require.Empty(t, waited[name], name)
		}
		store.release <- struct{}{}
		time.Sleep(time.Second)
		require.NoError(t, <-waited["first"])
		for _, name := range []string{"both", "reversed", "visit"} {
			require.Empty(t, waited[name], name)
		}
		store.release <- struct{}{}
		for _, name := range []string{"both", "reversed", "visit"} {
			require.NoError(t, <-waited[name])
		}
		require.Equal(t, int64(3), seen(live).Total)
		require.NoError(t, stop())
	})
}

func TestWaitForAFilteredEventReturnsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers.Of(accountKey("a")))
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		for range 3 {
			for _, v := range []version{visits(t, store, "a"), pay(t, store, "b", 1)} {
				before := time.Now()
				require.NoError(t, live.Wait(t.Context(), v))
				require.Less(t, time.Since(before), 10*time.Millisecond)
				require.Equal(t, v, live.Processed())
			}
		}
		require.NoError(t, stop())
	})
}

func TestWaitTakesATokenFromAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		sent := pay(t, store, "a", 1)
		token, err := sent.MarshalText()
		require.NoError(t, err)
		var back version
		require.NoError(t, back.UnmarshalText(token))
		require.NoError(t, live.Wait(t.Context(), back))
		require.Equal(t, int64(1), seen(live).Total)
		require.NoError(t, stop())
	})
}

func TestWaitSaysWhyTheRunnerEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := held{newBank(), make(chan struct{})}
		live := projection.NewLive(store, ledgers)
		cause := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- live.Run(ctx) }()
		v := pay(t, store, "a", 1)
		waited := make(chan error, 1)
		go func() { waited <- live.Wait(t.Context(), v) }()
		time.Sleep(time.Second)
		cancel(cause)
		require.NoError(t, <-ended)
		for range 2 {
			err := <-waited
			require.ErrorIs(t, err, core.ErrStopped)
			require.ErrorIs(t, err, cause)
			go func() { waited <- live.Wait(t.Context(), v) }() // after it ended, too
		}
		require.ErrorIs(t, <-waited, core.ErrStopped)
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := held{newBank(), make(chan struct{})}
		live := projection.NewLive(store, ledgers) // which does not run
		v := pay(t, store, "a", 1)
		cause := errors.New("the client has gone")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, cause)
		defer cancel()
		before := time.Now()
		require.ErrorIs(t, live.Wait(ctx, v), cause)
		require.Equal(t, time.Minute, time.Since(before))
		require.ErrorIs(t, live.CatchUp(ctx), cause)
		short, cancelShort := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancelShort()
		require.ErrorIs(t, live.Wait(short, v), context.DeadlineExceeded)
	})
}

func TestWaitBeyondTheEndOfTheStoreIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		live := projection.NewLive(store, ledgers)
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		before := time.Now()
		require.ErrorIs(t, live.Wait(t.Context(), at(2)), core.ErrBeyondEnd)
		require.Less(t, time.Since(before), 30*time.Second)
		require.Greater(t, time.Since(before), 500*time.Millisecond, "a store may lag")
		require.Equal(t, at(1), live.Processed())
		require.NoError(t, stop())
	})
}

// growing is a store that others write to, between the first question that it
// is asked and the second.
type growing struct {
	*memory.Store[string, string]
	grow func()
}

func (s growing) NextVersion(ctx context.Context, after version, filters ...bankFilter) (version, error) {
	defer s.grow()
	return s.Store.NextVersion(ctx, after, filters...)
}

func (s growing) LatestVersion(ctx context.Context) (version, error) {
	defer s.grow()
	return s.Store.LatestVersion(ctx)
}

// A version that the store has not come to yet must not be taken for one that
// is filtered out while its event is being recorded.
func TestWaitForAFutureVersionWaitsForItsEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newBank()
		store := growing{bank, sync.OnceFunc(func() { pay(t, bank, "a", 1) })}
		live := projection.NewLive(store, ledgers) // which does not run, so it folds nothing
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, live.Wait(ctx, at(1)), context.DeadlineExceeded)
		require.True(t, live.Processed().IsZero())
	})
}

func TestErrorOfTheStoreEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := core.Final(errors.New("cable cut"))
		store := unasked{newBank(), cause}
		live := projection.NewLive(store, ledgers)
		v := pay(t, store, "a", 1)
		require.ErrorIs(t, live.Wait(t.Context(), v), cause)
		_, err := live.Lag(t.Context())
		require.ErrorIs(t, err, cause)
	})
}

// unasked is a store that does not answer for the next version.
type unasked struct {
	*bankStore
	err error
}

func (s unasked) NextVersion(context.Context, version, ...bankFilter) (version, error) {
	return version{}, s.err
}
