//go:build unix

package pgxmodel_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
)

// figures returns how many events the figures are taken with: JETSOURCE_FIGURES.
func figures(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("JETSOURCE_FIGURES"))
	if err != nil {
		t.Skip("takes figures: make bench-readmodel")
	}
	return n
}

// plainLoop is what one would write by hand: the statements of the runner's model with
// the position, a transaction for each batch.
func plainLoop(t *testing.T, store *natsStore, batch int, begin func() (exec func(string, ...any), commit func())) {
	t.Helper()
	exec, end := begin()
	exec("CREATE TABLE plain_balances (id text PRIMARY KEY, balance bigint NOT NULL)")
	exec("CREATE TABLE plain_applied (event text NOT NULL)")
	exec("CREATE TABLE plain_position (position bigint NOT NULL)")
	exec("INSERT INTO plain_position VALUES (0)")
	end()
	n := 0
	var at uint64
	finish := func() {
		exec("UPDATE plain_position SET position = $1", int64(at))
		end()
		n = 0
	}
	balance, applied := fmt.Sprintf(addBalance, "plain_balances"), fmt.Sprintf(addApplied, "plain_applied")
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{EventKind: added{}.EventKind()}) {
		require.NoError(t, err)
		e, err := core.Decode[added](store, stored)
		require.NoError(t, err)
		if n == 0 {
			exec, end = begin()
		}
		exec(balance, stored.Key.ID, e.N)
		exec(applied, stored.EventID())
		at = stored.Position
		if n++; n == batch {
			finish()
		}
	}
	if n > 0 {
		finish()
	}
	exec, end = begin()
	for _, table := range []string{"balances", "applied", "position"} {
		exec("DROP TABLE plain_" + table)
	}
	end()
}

func sqlBegin(t *testing.T, db *sql.DB) func() (func(string, ...any), func()) {
	return func() (func(string, ...any), func()) {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		return func(q string, args ...any) {
			_, err := tx.ExecContext(t.Context(), q, args...)
			require.NoError(t, err)
		}, func() { require.NoError(t, tx.Commit()) }
	}
}

func pgxBegin(t *testing.T, pool *pgxpool.Pool) func() (func(string, ...any), func()) {
	return func() (func(string, ...any), func()) {
		tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{})
		require.NoError(t, err)
		return func(q string, args ...any) {
			_, err := tx.Exec(t.Context(), q, args...)
			require.NoError(t, err)
		}, func() { require.NoError(t, tx.Commit(t.Context())) }
	}
}

func onEachFigure(t *testing.T, test func(t *testing.T, s side, begin func() (func(string, ...any), func()))) {
	t.Run("SQLite", func(t *testing.T) {
		path := sqlitePath(t)
		db := openSQLite(t, path)
		test(t, sqlSide("SQLite", db, openSQLite(t, path), sqlmodel.SQLite), sqlBegin(t, db))
	})
	t.Run("PostgreSQL by pgx", func(t *testing.T) {
		dsn := newDSN(t)
		test(t, pgxSide(t, dsn), pgxBegin(t, openPool(t, dsn)))
	})
}

func TestCatchUpFigures(t *testing.T) {
	n := figures(t)
	onEachFigure(t, func(t *testing.T, s side, begin func() (func(string, ...any), func())) {
		for i, of := range []struct{ batch, n int }{{1000, n}, {1, n / 100}} {
			store, _ := startStore(t)
			fill(t, store, of.n)
			var plain, took time.Duration
			var memory runtime.MemStats
			for turn := range min(3, max(1, 300_000/of.n)) { // in turns, and the best of each counts
				begun := time.Now()
				plainLoop(t, store, of.batch, begin)
				plain = best(plain, time.Since(begun))
				version := 10*i + turn + 1
				r := s.runner(store, version, of.batch)
				begun = time.Now()
				stop := run(t, r)
				require.NoError(t, r.CatchUp(t.Context()))
				took = best(took, time.Since(begun))
				runtime.GC()
				runtime.ReadMemStats(&memory)
				require.NoError(t, stop())
				require.NoError(t, s.drop(t.Context(), version))
			}
			t.Logf("%d events, batches of %d: plain loop %v (%.0f/s), runner %v (%.0f/s), ratio %.2f; heap after %d MiB",
				of.n, of.batch, plain.Round(time.Millisecond), float64(of.n)/plain.Seconds(), took.Round(time.Millisecond), float64(of.n)/took.Seconds(),
				plain.Seconds()/took.Seconds(), memory.HeapAlloc>>20)
		}
	})
}

func TestRebuildFigures(t *testing.T) {
	n := figures(t)
	onEachFigure(t, func(t *testing.T, s side, _ func() (func(string, ...any), func())) {
		t.Log(n, "events: ", rebuild(t, s, n))
	})
}

// From the ack of a commit until its rows can be read, in this process and by the
// progress row.
func TestLatencyFigures(t *testing.T) {
	figures(t)
	onEachFigure(t, func(t *testing.T, s side, _ func() (func(string, ...any), func())) {
		store, _ := startStore(t)
		r := s.runner(store, 1, 0)
		run(t, r)
		require.NoError(t, r.CatchUp(t.Context()))
		commit(t, store, "a", added{1})
		require.NoError(t, r.CatchUp(t.Context()))
		measure := func(name string) {
			var here, there []time.Duration
			for range 300 {
				v := commit(t, store, "a", added{1})
				begun := time.Now()
				require.NoError(t, r.Wait(t.Context(), v))
				here = append(here, time.Since(begun))
				v = commit(t, store, "a", added{1})
				begun = time.Now()
				require.NoError(t, s.wait(t.Context(), store, 1, v))
				there = append(there, time.Since(begun))
				time.Sleep(5 * time.Millisecond)
			}
			t.Logf("%s: in process median %v, 99th percentile %v; by the progress row %v, %v", name, percentile(here, 50), percentile(here, 99), percentile(there, 50), percentile(there, 99))
		}
		measure("idle")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan int)
		go func() {
			ticker := time.NewTicker(2 * time.Millisecond)
			defer ticker.Stop()
			n := 0
			for ; ctx.Err() == nil; n++ {
				<-ticker.C
				commit(t, store, strconv.Itoa(n%97), added{1})
			}
			ended <- n
		}()
		begun := time.Now()
		measure("under load")
		cancel()
		t.Logf("load %.0f commits/s", float64(<-ended)/time.Since(begun).Seconds())
	})
}

func percentile(of []time.Duration, p int) time.Duration {
	slices.Sort(of)
	return of[(len(of)-1)*p/100].Round(10 * time.Microsecond)
}

func best(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}
