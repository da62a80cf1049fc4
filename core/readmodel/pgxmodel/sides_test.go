//go:build unix

package pgxmodel_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
)

// runner is what these tests need of a runner, whatever its transactions are.
type runner interface {
	Run(ctx context.Context) error
	CatchUp(ctx context.Context) error
	Wait(ctx context.Context, versions ...core.Version[uint64]) error
	Health(ctx context.Context) (core.Health, error)
}

// side is a database and a way to it.
type side struct {
	name    string
	db      *sql.DB // for readers
	runner  func(store *natsStore, version, batch int) runner
	promote func(ctx context.Context, store *natsStore, version int, maxLag uint64) error
	drop    func(ctx context.Context, version int) error
	wait    func(ctx context.Context, store *natsStore, version int, v core.Version[uint64]) error
}

// onEach runs a test on an empty database of each kind.
func onEach(t *testing.T, test func(t *testing.T, s side)) {
	t.Run("SQLite", func(t *testing.T) {
		path := sqlitePath(t)
		test(t, sqlSide("SQLite", openSQLite(t, path), openSQLite(t, path), sqlmodel.SQLite))
	})
	t.Run("PostgreSQL by database/sql", func(t *testing.T) {
		dsn := newDSN(t)
		test(t, sqlSide("PostgreSQL by database/sql", openPostgres(t, dsn), openPostgres(t, dsn), sqlmodel.Postgres))
	})
	t.Run("PostgreSQL by pgx", func(t *testing.T) {
		test(t, pgxSide(t, newDSN(t)))
	})
}

func sqlSide(name string, db, readers *sql.DB, dialect sqlmodel.Dialect) side {
	target := sqlmodel.New(db, dialect)
	return side{
		name: name, db: readers,
		runner: func(store *natsStore, version, batch int) runner {
			r := readmodel.NewRunner(store, target, sqlAccounts(version))
			if batch > 0 {
				r = r.WithBatch(batch, 0)
			}
			return r
		},
		promote: func(ctx context.Context, store *natsStore, version int, maxLag uint64) error {
			return readmodel.Promote(ctx, store, target, sqlAccounts(version), maxLag)
		},
		drop: func(ctx context.Context, version int) error {
			return readmodel.Drop(ctx, target, sqlAccounts(version).Layout())
		},
		wait: func(ctx context.Context, store *natsStore, version int, v core.Version[uint64]) error {
			return readmodel.Wait(ctx, store, target, sqlAccounts(version), v)
		},
	}
}

func pgxSide(t testing.TB, dsn string) side {
	pool := openPool(t, dsn)
	db := openPostgres(t, dsn)
	target := pgxmodel.New(pool)
	return side{
		name: "PostgreSQL by pgx", db: db,
		runner: func(store *natsStore, version, batch int) runner {
			r := readmodel.NewRunner(store, target, pgxAccounts(version))
			if batch > 0 {
				r = r.WithBatch(batch, 0)
			}
			return r
		},
		promote: func(ctx context.Context, store *natsStore, version int, maxLag uint64) error {
			return readmodel.Promote(ctx, store, target, pgxAccounts(version), maxLag)
		},
		drop: func(ctx context.Context, version int) error {
			return readmodel.Drop(ctx, target, pgxAccounts(version).Layout())
		},
		wait: func(ctx context.Context, store *natsStore, version int, v core.Version[uint64]) error {
			return readmodel.Wait(ctx, store, target, pgxAccounts(version), v)
		},
	}
}
