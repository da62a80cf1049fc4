package sqlmodel

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/internal/tables"
)

// Dialect is how a database differs from others: [SQLite] or [Postgres].
type Dialect struct{ tables.Dialect }

var (
	// SQLite is for SQLite from version 3.35.
	SQLite = Dialect{tables.SQLite}
	// Postgres is for PostgreSQL, by any driver.
	Postgres = Dialect{tables.Postgres}
)

// Schema returns the statements that make the library's own tables.
func Schema() []string { return slices.Clone(tables.Statements) }

// Target is a [readmodel.Target] by database/sql.
type Target struct {
	*tables.Base
	db      *sql.DB
	dialect Dialect
	lock    chan struct{} // has an element while a transaction of SQLite goes on
}

var _ readmodel.Target[Tx] = (*Target)(nil)

// New returns a target in a database. The database is not closed by it.
func New(db *sql.DB, dialect Dialect) *Target {
	t := &Target{db: db, dialect: dialect, lock: make(chan struct{}, 1)}
	t.Base = tables.NewBase(dialect.Dialect, queries{db}, t.inTransaction)
	return t
}

// Begin begins a transaction.
func (t *Target) Begin(ctx context.Context, layout readmodel.Layout) (readmodel.Transaction[Tx], error) {
	tx, err := t.begin(ctx, layout)
	if err != nil {
		return nil, err // not a nil transaction in the interface
	}
	return tx, nil
}

func (t *Target) begin(ctx context.Context, layout readmodel.Layout) (*transaction, error) {
	if err := t.Prepare(ctx); err != nil {
		return nil, err
	}
	end, err := t.lockFile(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		end()
		return nil, err
	}
	mark, err := t.dialect.Mark(ctx, queries{tx})
	if err != nil {
		defer end()
		return nil, errors.Join(err, tx.Rollback())
	}
	return &transaction{dialect: t.dialect.Dialect, tx: Tx{layout, tx}, q: queries{tx}, mark: mark, end: end}, nil
}

// lockFile waits until the transactions that came before have ended. SQLite takes one at
// a time, and those that wait ask now and then: one that is busy all the time, as a
// rebuild, would keep others out for seconds.
func (t *Target) lockFile(ctx context.Context) (end func(), err error) {
	if t.dialect.LockFirst == "" {
		return func() {}, nil
	}
	select {
	case t.lock <- struct{}{}:
		return sync.OnceFunc(func() { <-t.lock }), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// inTransaction commits what do does.
func (t *Target) inTransaction(ctx context.Context, layout readmodel.Layout, do func(tables.DB) error) error {
	tx, err := t.begin(ctx, layout)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	if err := do(tx.q); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Unavailable reports whether an error is due to the state of the database.
func (t *Target) Unavailable(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || tables.Unavailable(err)
}

// rollbackBound is how long a rollback may take to find out whether there is something
// to roll back.
const rollbackBound = 5 * time.Second
