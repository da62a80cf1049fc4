package pgxmodel_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

// sqlTarget is a target with the database behind it.
type sqlTarget struct {
	*sqlmodel.Target
	db    *sql.DB
	again func(*testing.T) *sqlTarget
}

func sqlHarness(open func(t *testing.T) *sqlTarget) targettest.Harness[sqlmodel.Tx] {
	return targettest.Harness[sqlmodel.Tx]{
		Open: func(t *testing.T) readmodel.Target[sqlmodel.Tx] { return open(t) },
		Again: func(t *testing.T, target readmodel.Target[sqlmodel.Tx]) readmodel.Target[sqlmodel.Tx] {
			return target.(*sqlTarget).again(t)
		},
		Begin: func(ctx context.Context, tx sqlmodel.Tx) error {
			_, err := tx.ExecContext(ctx, "CREATE TABLE "+tx.Table("rows")+" (key text PRIMARY KEY, value text)")
			return err
		},
		Set: func(ctx context.Context, tx sqlmodel.Tx, key, value string) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO "+tx.Table("rows")+" VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
			return err
		},
		Get: func(ctx context.Context, tx sqlmodel.Tx, key string) (value string, err error) {
			err = tx.QueryRowContext(ctx, "SELECT value FROM "+tx.Table("rows")+" WHERE key = $1", key).Scan(&value)
			if errors.Is(err, sql.ErrNoRows) {
				err = nil
			}
			return value, err
		},
		Fail: func(ctx context.Context, tx sqlmodel.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO no_such_table VALUES (1)")
			return err
		},
		End: func(ctx context.Context, tx sqlmodel.Tx) error {
			_, err := tx.ExecContext(ctx, "COMMIT")
			return err
		},
		Rows: func(ctx context.Context, target readmodel.Target[sqlmodel.Tx], l readmodel.Layout) (map[string]string, error) {
			return sqlRows(ctx, target.(*sqlTarget).db, l.Table("rows"))
		},
		Promoted: func(ctx context.Context, target readmodel.Target[sqlmodel.Tx], model string) (map[string]string, error) {
			return sqlRows(ctx, target.(*sqlTarget).db, model+"_rows")
		},
	}
}

func sqlRows(ctx context.Context, db *sql.DB, table string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT key, value FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, rows.Err()
}

func TestSQLiteTarget(t *testing.T) {
	targettest.Run(t, sqlHarness(func(t *testing.T) *sqlTarget { return sqliteTarget(t, sqlitePath(t)) }))
}

func sqliteTarget(t *testing.T, path string) *sqlTarget {
	db := openSQLite(t, path)
	return &sqlTarget{sqlmodel.New(db, sqlmodel.SQLite), db, func(t *testing.T) *sqlTarget { return sqliteTarget(t, path) }}
}

func TestPostgresTarget(t *testing.T) {
	shared.Need(t)
	targettest.Run(t, sqlHarness(func(t *testing.T) *sqlTarget { return postgresTarget(t, newDSN(t)) }))
}

func postgresTarget(t *testing.T, dsn string) *sqlTarget {
	db := openPostgres(t, dsn)
	return &sqlTarget{sqlmodel.New(db, sqlmodel.Postgres), db, func(t *testing.T) *sqlTarget { return postgresTarget(t, dsn) }}
}

// pgxTarget is a target with the pool behind it.
type pgxTarget struct {
	*pgxmodel.Target
	pool *pgxpool.Pool
	dsn  string
}

func newPgxTarget(t *testing.T, dsn string) *pgxTarget {
	pool := openPool(t, dsn)
	return &pgxTarget{pgxmodel.New(pool), pool, dsn}
}

func TestPgxTarget(t *testing.T) {
	shared.Need(t)
	targettest.Run(t, targettest.Harness[pgxmodel.Tx]{
		Open: func(t *testing.T) readmodel.Target[pgxmodel.Tx] { return newPgxTarget(t, newDSN(t)) },
		Again: func(t *testing.T, target readmodel.Target[pgxmodel.Tx]) readmodel.Target[pgxmodel.Tx] {
			return newPgxTarget(t, target.(*pgxTarget).dsn)
		},
		Begin: func(ctx context.Context, tx pgxmodel.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE "+tx.Table("rows")+" (key text PRIMARY KEY, value text)")
			return err
		},
		Set: func(ctx context.Context, tx pgxmodel.Tx, key, value string) error {
			_, err := tx.Exec(ctx, "INSERT INTO "+tx.Table("rows")+" VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
			return err
		},
		Get: func(ctx context.Context, tx pgxmodel.Tx, key string) (value string, err error) {
			err = tx.QueryRow(ctx, "SELECT value FROM "+tx.Table("rows")+" WHERE key = $1", key).Scan(&value)
			if errors.Is(err, pgx.ErrNoRows) {
				err = nil
			}
			return value, err
		},
		Fail: func(ctx context.Context, tx pgxmodel.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO no_such_table VALUES (1)")
			return err
		},
		End: func(ctx context.Context, tx pgxmodel.Tx) error {
			_, err := tx.Exec(ctx, "COMMIT")
			return err
		},
		Rows: func(ctx context.Context, target readmodel.Target[pgxmodel.Tx], l readmodel.Layout) (map[string]string, error) {
			return pgxRows(ctx, target.(*pgxTarget).pool, l.Table("rows"))
		},
		Promoted: func(ctx context.Context, target readmodel.Target[pgxmodel.Tx], model string) (map[string]string, error) {
			return pgxRows(ctx, target.(*pgxTarget).pool, model+"_rows")
		},
	})
}

func pgxRows(ctx context.Context, pool *pgxpool.Pool, table string) (map[string]string, error) {
	rows, err := pool.Query(ctx, "SELECT key, value FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, rows.Err()
}
