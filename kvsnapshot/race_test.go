package kvsnapshot_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// Several programs update the same aggregates. A snapshot is never replaced by an
// older one, and the last one is that of the last event.
func TestNewestSnapshotOfManyProgramsStays(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint("replicas ", replicas), func(t *testing.T) {
			cfg := newConfig(replicas)
			cfg.Timeout = time.Minute // a busy machine may take long
			f := newFixture(t, cfg)
			ids := []string{"a", "b"}
			count := f.follow()
			var wg sync.WaitGroup
			errs := make(chan error, 100)
			for program := range 6 {
				repo := core.NewRepository(openEvents(t, f.eventsCfg), wallets).WithSnapshots(open(t, f.cfg)).WithRetries(1000)
				wg.Go(func() {
					for n := range 10 {
						if _, err := repo.Upsert(t.Context(), ids[(n+program)%2], emit(paid{n}, renamed{"ada"})); err != nil {
							errs <- err
						}
					}
				})
			}
			wg.Wait()
			close(errs)
			for err := range errs {
				require.NoError(t, err)
			}
			for _, id := range ids {
				_, at, err := f.plain.Load(t.Context(), id)
				require.NoError(t, err)
				require.Eventually(t, func() bool { // a replica may lag
					snap, ok, err := f.snapshots.LoadSnapshot(t.Context(), f.key(id), &wallet{})
					return err == nil && ok && core.At(snap.Position) == at
				}, 2*time.Minute, 5*time.Millisecond)
				f.requireReplay(f.repo, f.plain, id)
			}
			require.Greater(t, count(), 10)
			require.Empty(t, logged.drain())
		})
	}
}

// follow reads everything that is written to the bucket. The function that it
// returns ends that, checks that no snapshot was older than the one before it, and
// returns how many there were.
func (f *fixture) follow() func() int {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	watcher, err := f.bucket.WatchAll(ctx)
	require.NoError(f, err)
	count, failed := 0, make(chan error, 1)
	go func() {
		last := make(map[string]uint64)
		var older error
		for e := range watcher.Updates() {
			if e == nil {
				continue // the end of the values that were there before
			}
			count++
			older = errors.Join(older, checkNewer(e, last))
		}
		failed <- older
	}()
	return func() int {
		require.NoError(f, watcher.Stop())
		cancel()
		require.NoError(f, <-failed)
		return count
	}
}

// checkNewer returns an error if a value is not newer than the last one of its
// key.
func checkNewer(e natsjs.KeyValueEntry, last map[string]uint64) error {
	at, err := kvsnapshot.PositionOf(e.Value())
	if err == nil && at <= last[e.Key()] {
		err = fmt.Errorf("%s went from %d to %d", e.Key(), last[e.Key()], at)
	}
	last[e.Key()] = at
	return err
}
