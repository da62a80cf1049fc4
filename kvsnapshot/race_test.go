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

// Several programs work on the same aggregates. Nothing older ever takes the
// place of a snapshot, and in the end each is that of the last event.
func TestOfManyProgramsTheNewestSnapshotStays(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint("replicas ", replicas), func(t *testing.T) {
			w := newWorld(t, fresh(replicas), freshEvents(replicas))
			ids := []string{"a", "b"}
			history := w.follow()
			var wg sync.WaitGroup
			errs := make(chan error, 100)
			for program := range 6 {
				repo := core.NewRepository(openEvents(t, w.eventsCfg), wallets).WithSnapshots(open(t, w.cfg)).WithRetries(1000)
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
				_, at, err := w.plain.Load(t.Context(), id)
				require.NoError(t, err)
				require.Eventually(t, func() bool { // a replica may lag
					snap, ok, err := w.snapshots.LoadSnapshot(t.Context(), walletKey(id), &wallet{})
					return err == nil && ok && core.At(snap.Position) == at
				}, 10*time.Second, 5*time.Millisecond)
				w.same(w.repo, w.plain, id)
			}
			require.Greater(t, history(), 10)
			require.Empty(t, logged.take())
		})
	}
}

// follow looks at all that is written to the bucket, until what it returns is
// called: that tells how many snapshots there were.
func (w *world) follow() func() int {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	watcher, err := w.bucket.WatchAll(ctx)
	require.NoError(w, err)
	count, failed := 0, make(chan error, 1)
	go func() {
		last := make(map[string]uint64)
		var back error
		for e := range watcher.Updates() {
			if e == nil {
				continue // the end of what there was before
			}
			count++
			back = errors.Join(back, notBack(e, last))
		}
		failed <- back
	}()
	return func() int {
		require.NoError(w, watcher.Stop())
		cancel()
		require.NoError(w, <-failed)
		return count
	}
}

func notBack(e natsjs.KeyValueEntry, last map[string]uint64) error {
	at, err := kvsnapshot.PositionOf(e.Value())
	if err == nil && at <= last[e.Key()] {
		err = fmt.Errorf("%s went from %d to %d", e.Key(), last[e.Key()], at)
	}
	last[e.Key()] = at
	return err
}
