//go:build unix

package pgxmodel_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
)

// fill commits n events of 1 to some accounts, 500 in a commit.
func fill(t testing.TB, store *natsStore, n int) {
	t.Helper()
	const perCommit = 500
	for i := 0; i < n; i += perCommit {
		events := make([]core.Event, min(perCommit, n-i))
		for j := range events {
			events[j] = added{1}
		}
		commit(t, store, strconv.Itoa(i/perCommit%997), events...)
	}
}

// A new version is filled and promoted while the old one is written and read. A reader's
// sum may lag, but it is never less than one that was awaited before, nor more than was
// committed.
func TestRebuildWhileServing(t *testing.T) {
	onEach(t, func(t *testing.T, s side) {
		result := rebuild(t, s, 3000)
		t.Log(result)
	})
}

// rebuilt is what a rebuild took.
type rebuilt struct {
	took, oldBehind, reader, promotion time.Duration
	reads, writes, wrong               int64
}

func (r rebuilt) String() string {
	return fmt.Sprintf("rebuild %v, the old one at most %v behind, promotion %v, longest read %v of %d, %d writes, wrong answers %d",
		r.took.Round(time.Millisecond), r.oldBehind.Round(time.Millisecond), r.promotion.Round(time.Microsecond), r.reader.Round(time.Microsecond), r.reads, r.writes, r.wrong)
}

func rebuild(t *testing.T, s side, n int) (result rebuilt) {
	store, _ := startStore(t)
	fill(t, store, n)
	old := s.runner(store, 3, 0)
	stop := run(t, old)
	require.NoError(t, old.CatchUp(t.Context()))
	require.NoError(t, s.promote(t.Context(), store, 3, 0))

	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var committed, awaited atomic.Int64
	var promoting atomic.Bool
	committed.Store(int64(n))
	awaited.Store(int64(n))
	newer := s.runner(store, 4, 0)
	all.Go(func() { // 50 writes a second
		for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
			committed.Add(1)
			begun := time.Now()
			v := commit(t, store, "1", added{1})
			if err := old.Wait(ctx, v); err != nil {
				return // the old one was stopped
			}
			result.oldBehind = max(result.oldBehind, time.Since(begun))
			if promoting.Load() { // readers may see the one or the other
				if err := newer.Wait(ctx, v); err != nil {
					return
				}
			}
			awaited.Add(1)
			result.writes++
		}
	})
	all.Go(func() {
		for ctx.Err() == nil {
			least, begun := awaited.Load(), time.Now()
			sum, err := promotedSum(ctx, s.db)
			if ctx.Err() != nil {
				return
			}
			result.reader = max(result.reader, time.Since(begun))
			result.reads++
			if err != nil || sum < least || sum > committed.Load() {
				result.wrong++
				t.Errorf("read %d, %v, not between %d and %d", sum, err, least, committed.Load())
				return
			}
			time.Sleep(time.Millisecond)
		}
	})

	begun := time.Now()
	stopNewer := run(t, newer)
	require.NoError(t, newer.CatchUp(t.Context()))
	result.took = time.Since(begun)
	promoting.Store(true)
	begun = time.Now()
	for {
		require.NoError(t, newer.CatchUp(t.Context()))
		err := s.promote(t.Context(), store, 4, 0)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, readmodel.ErrNotReady)
	}
	result.promotion = time.Since(begun)
	time.Sleep(100 * time.Millisecond) // readers go on
	cancel()
	all.Wait()
	require.NoError(t, newer.CatchUp(t.Context()))
	require.NoError(t, stop())
	require.NoError(t, s.drop(t.Context(), 3))
	sum, err := promotedSum(t.Context(), s.db)
	require.NoError(t, err)
	require.Equal(t, committed.Load(), sum)
	require.NoError(t, stopNewer())
	return result
}

func promotedSum(ctx context.Context, db *sql.DB) (sum int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT sum(balance) FROM accounts_balances").Scan(&sum)
	return sum, err
}
