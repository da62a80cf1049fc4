package pgxmodel_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/jetsource/jetsource/core/readmodel/pgxmodel/pgtest"
)

var shared *pgtest.Shared

func TestMain(m *testing.M) {
	beChild()
	shared = pgtest.StartShared()
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var schemas atomic.Int64

// newDSN returns how to connect to a schema of its own.
func newDSN(t testing.TB) string {
	t.Helper()
	dsn, name := shared.Need(t).DSN(), fmt.Sprint("test", schemas.Add(1))
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), "CREATE SCHEMA "+name)
	require.NoError(t, err)
	return dsn + " search_path=" + name + " pool_max_conns=10"
}

func openPool(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// openPostgres returns the database by database/sql.
func openPostgres(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db := stdlib.OpenDBFromPool(openPool(t, dsn))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// openSQLite returns the database in a file.
func openSQLite(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteDSN(path))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func sqliteDSN(path string) string {
	return (&url.URL{Scheme: "file", Opaque: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"},
	}.Encode()}).String()
}

func sqlitePath(t testing.TB) string { return filepath.Join(t.TempDir(), "db") }
