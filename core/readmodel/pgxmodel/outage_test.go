//go:build unix

package pgxmodel_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel/pgtest"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
)

// run runs a runner until stop is called, which returns its error.
func run(t testing.TB, r interface{ Run(context.Context) error }) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

// The database ends connections in mid-batch, and goes away altogether.
func TestDatabaseThatGoesAway(t *testing.T) {
	shared.Need(t)
	server, err := pgtest.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	store, _ := startStore(t)
	pool, db := openPool(t, server.DSN()), openPostgres(t, server.DSN())
	byPgx := readmodel.NewRunner(store, pgxmodel.New(pool), pgxAccounts(1)).WithTakeover(200 * time.Millisecond).StopAfter(1)
	bySQL := readmodel.NewRunner(store, sqlmodel.New(db, sqlmodel.Postgres), sqlAccounts(1)).WithTakeover(200 * time.Millisecond).StopAfter(1)
	stopPgx, stopSQL := run(t, byPgx), run(t, bySQL)
	killer := openPool(t, server.DSN())
	var last core.Version[uint64]
	for i := range 2000 {
		last = commit(t, store, strconv.Itoa(i%17), added{int64(i)})
		if i%100 == 50 {
			time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
			_, err := killer.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
			require.NoError(t, err)
		}
	}
	killer.Close()
	crashed, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, server.Crash(crashed, 200*time.Millisecond))
	for i := range 100 {
		last = commit(t, store, strconv.Itoa(i%17), added{int64(i)})
	}
	require.NoError(t, byPgx.Wait(crashed, last))
	require.NoError(t, bySQL.Wait(crashed, last))
	require.NoError(t, stopPgx())
	require.NoError(t, stopSQL())
	requireFold(t, store, db)
}
