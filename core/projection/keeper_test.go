package projection_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// slowSnapshots takes a while for each snapshot that is due, and counts them.
type slowSnapshots struct {
	*memory.Snapshots[string, uint64]
	policy core.SnapshotPolicy
	takes  time.Duration
	stored atomic.Int32
	fail   error
}

func newSlowSnapshots(policy core.SnapshotPolicy, takes time.Duration) *slowSnapshots {
	return &slowSnapshots{Snapshots: memory.NewSnapshots[string, uint64](core.SnapshotEvery(1)), policy: policy, takes: takes}
}

func (s *slowSnapshots) SnapshotPolicy() core.SnapshotPolicy { return s.policy }

func (s *slowSnapshots) OfferSnapshot(ctx context.Context, key core.SnapshotKey[string], age core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	if !s.policy.Due(age) {
		return core.Declined, nil
	}
	snap, err := create()
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return core.Declined, context.Cause(ctx)
	}
	if s.fail != nil {
		return core.Declined, &core.SnapshotCreateError{Err: s.fail}
	}
	offer, err := s.Snapshots.OfferSnapshot(ctx, key, age, func() (core.Snapshot[uint64], error) { return snap, nil })
	if offer == core.Stored {
		s.stored.Add(1)
	}
	return offer, err
}

// at returns the position of the stored snapshot.
func (s *slowSnapshots) at(t *testing.T, storeID string) uint64 {
	t.Helper()
	key := core.SnapshotKey[string]{Store: storeID, Role: core.ProjectionSnapshot, Kind: "ledger", Singleton: true}
	snap, _, err := s.LoadSnapshot(t.Context(), key, &ledger{})
	require.NoError(t, err)
	return snap.Position
}

func TestSnapshotsArePaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(1), time.Second)
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		begun := time.Now()
		for time.Since(begun) < 10*time.Minute {
			pay(t, store, "a", 1)
			require.NoError(t, live.CatchUp(t.Context()))
			time.Sleep(time.Second)
		}
		share := float64(snaps.stored.Load()) / time.Since(begun).Seconds()
		require.InDelta(t, 0.04, share, 0.005)
		require.NoError(t, stop())
	})
}

func TestEventsAreFoldedWhileASnapshotIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(1), 5*time.Second)
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		synctest.Wait()
		begun := time.Now()
		for range 100 {
			require.NoError(t, live.Wait(t.Context(), pay(t, store, "a", 1)))
		}
		require.Zero(t, time.Since(begun))
		require.NoError(t, stop())
		require.Equal(t, uint64(101), snaps.at(t, store.StoreID()))
	})
}

// The snapshot at the end of the catch-up is taken, whatever the one before it took.
func TestCatchUpEndsWithASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(3), time.Second)
		for range 100 {
			pay(t, store, "a", 1)
		}
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		time.Sleep(3 * time.Second)
		require.Equal(t, uint64(100), snaps.at(t, store.StoreID()))
		require.NoError(t, stop())
	})
}

// Its context ends while a snapshot is being stored: that one and the next are.
func TestSnapshotsThatAreDueWhenRunEndsAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(1), 5*time.Second)
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		time.Sleep(time.Second)
		require.NoError(t, live.Wait(t.Context(), pay(t, store, "a", 1)))
		begun := time.Now()
		require.NoError(t, stop())
		require.Equal(t, 9*time.Second, time.Since(begun))
		require.Equal(t, uint64(2), snaps.at(t, store.StoreID()))
	})
}

func TestRunDoesNotWaitForeverForItsLastSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(1), time.Hour)
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		synctest.Wait()
		begun := time.Now()
		require.NoError(t, stop())
		require.Equal(t, 20*time.Second, time.Since(begun))
	})
}

func TestSnapshotIsTakenAfterATimeWithoutFurtherEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, snaps := newBank(), newSlowSnapshots(core.SnapshotEvery(1000).OrAfter(time.Minute), 0)
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		pay(t, store, "a", 1)
		time.Sleep(time.Minute - time.Second)
		require.Zero(t, snaps.at(t, store.StoreID()))
		time.Sleep(2 * time.Second)
		require.Equal(t, uint64(1), snaps.at(t, store.StoreID()))
		time.Sleep(time.Hour)
		require.EqualValues(t, 1, snaps.stored.Load())
		require.NoError(t, stop())
	})
}

func TestSnapshotThatIsNotStoredIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, store, snaps := fakes.Log(t), newBank(), newSlowSnapshots(core.SnapshotEvery(1), 0)
		snaps.fail = errors.New("too large")
		live := projection.NewLive(store, ledgers).WithSnapshots(snaps)
		stop := runs(t, live.Run)
		for range 1000 {
			pay(t, store, "a", 1)
			synctest.Wait()
			time.Sleep(150 * time.Millisecond)
		}
		require.Equal(t, 2, strings.Count(log.String(), "snapshot not stored"))
		require.NoError(t, stop())
	})
}

// hiding is a state that cannot be copied, save by its own method.
type hiding struct {
	Total int64
	lines map[int64]int64
}

func (h hiding) MarshalJSON() ([]byte, error)     { return nil, errors.New("not stored") }
func (h *hiding) UnmarshalJSON(data []byte) error { return errors.New("not stored") }

func (h *hiding) deposited(e stored[fundsDeposited]) {
	if h.lines == nil {
		h.lines = make(map[int64]int64)
	}
	h.lines[h.Total]++
	h.Total += e.Event.Amount
}

// reading looks at a state for as long as it is offered: the race detector tells of a
// handler that changes it meanwhile.
type reading struct {
	core.NoSnapshots[string, uint64]
}

func (reading) SnapshotPolicy() core.SnapshotPolicy { return core.SnapshotEvery(1) }

func (reading) OfferSnapshot(_ context.Context, _ core.SnapshotKey[string], _ core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	snap, err := create()
	for range 100 {
		if h, ok := snap.State.(hiding); ok {
			for k := range h.lines {
				_ = k
			}
		}
		time.Sleep(10 * time.Microsecond)
	}
	return core.Stored, err
}

func TestStateThatCannotBeCopiedIsLockedUntilItIsStored(t *testing.T) {
	store := newBank()
	live := projection.NewLive(store, projection.Define("hiding", projection.On((*hiding).deposited))).WithSnapshots(reading{})
	stop := runs(t, live.Run)
	for range 200 {
		require.NoError(t, live.Wait(t.Context(), pay(t, store, "a", 1)))
	}
	require.NoError(t, stop())
}
