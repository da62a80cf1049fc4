package reactor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/reactor"
)

// fakeLease is a lease with one holder at a time. A test can revoke it from the
// holder.
type fakeLease struct {
	free   chan struct{} // holds a value while the lease is free
	names  []string
	revoke context.CancelCauseFunc // ends the holder's context
}

func newFakeLease() *fakeLease {
	c := &fakeLease{free: make(chan struct{}, 1)}
	c.free <- struct{}{}
	return c
}

func (c *fakeLease) Hold(ctx context.Context, name string, fn func(context.Context) error) error {
	select {
	case <-c.free:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { c.free <- struct{}{} }()
	c.names = append(c.names, name)
	held, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.revoke = cancel
	return fn(held)
}

func TestOneOfTheWorkersWithALeaseIsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes, lease := newBank(), new(recorder), newFakeLease()
		worker := func() (*bankWorker, func() error) {
			w := reactor.NewWorker(store, mailer(notes, nil)).WithLease(lease)
			return w, runs(t, w.Run)
		}
		one, stopOne := worker()
		synctest.Wait()
		other, stopOther := worker()
		require.NoError(t, one.Wait(t.Context(), pay(t, store, "a", 1)))
		require.Equal(t, []string{"1"}, notes.read())
		require.True(t, other.Processed().IsZero())

		require.NoError(t, stopOne())
		require.NoError(t, other.Wait(t.Context(), pay(t, store, "a", 2)))
		require.Equal(t, []string{"2"}, notes.read())
		require.NoError(t, stopOther())
		require.Equal(t, []string{"reactor.mailer." + store.StoreID(), "reactor.mailer." + store.StoreID()}, lease.names)
	})
}

func TestWorkerThatLosesItsLeaseWaitsForItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, notes, lease := newBank(), new(recorder), newFakeLease()
		worker := reactor.NewWorker(store, mailer(notes, nil)).WithLease(lease).CheckpointEvery(10)
		stop := runs(t, worker.Run)
		for i := range int64(4) {
			require.NoError(t, worker.Wait(t.Context(), pay(t, store, "a", i)))
			lease.revoke(errors.New("cut off"))
			synctest.Wait()
		}
		require.Equal(t, []string{"0", "1", "2", "3"}, notes.read())
		require.Len(t, lease.names, 5)
		require.NoError(t, stop())
	})
}

// openLease is a faulty lease: every caller holds it.
type openLease struct{ held atomic.Int64 }

func (c *openLease) Hold(ctx context.Context, _ string, fn func(context.Context) error) error {
	c.held.Add(1)
	return fn(ctx)
}

// The fence is for a lease that two workers hold at once: the fenced one waits for
// the lease again, and nothing is recorded twice.
func TestFencedWorkerWithALeaseGoesOnWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, lease := newBank(), new(openLease)
		pay(t, store, "a", 1, 2, 3, 4, 5, 6, 7)
		slowly := func(stored[fundsDeposited]) error {
			time.Sleep(time.Second)
			return nil
		}
		one, other := reactor.NewWorker(store, copier(slowly)).WithLease(lease), reactor.NewWorker(store, copier(slowly)).WithLease(lease)
		stopOne, stopOther := runs(t, one.Run), runs(t, other.Run)
		require.NoError(t, one.CatchUp(t.Context()))
		require.NoError(t, other.CatchUp(t.Context()))
		require.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7"}, copies(t, store))
		require.Greater(t, lease.held.Load(), int64(2))
		require.NoError(t, stopOne())
		require.NoError(t, stopOther())
	})
}

func TestErrorEndsAWorkerWithALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, lease := newBank(), newFakeLease()
		pay(t, store, "a", 1)
		worker := reactor.NewWorker(store, mailer(new(recorder), failing(1, -1))).WithLease(lease).StopAfter(1)
		require.ErrorIs(t, worker.Run(t.Context()), errMail)
		require.Len(t, lease.names, 1)
		require.Len(t, lease.free, 1, "the lease was given back")
	})
}

func TestWorkerThatWaitsForItsLeaseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, lease := newBank(), newFakeLease()
		<-lease.free
		worker := reactor.NewWorker(store, mailer(new(recorder), nil)).WithLease(lease)
		stop := runs(t, worker.Run)
		synctest.Wait()
		require.NoError(t, stop())
		require.Empty(t, lease.names)
	})
}
