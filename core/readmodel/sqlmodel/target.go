package sqlmodel

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
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
	db      *sql.DB
	dialect Dialect
	turn    chan struct{} // has an element while a transaction of SQLite goes on

	mu       sync.Mutex // guards the field below
	prepared bool       // the library's tables are there
}

var _ readmodel.Target[Tx] = (*Target)(nil)

// New returns a target in a database. The database is not closed by it.
func New(db *sql.DB, dialect Dialect) *Target {
	return &Target{db: db, dialect: dialect, turn: make(chan struct{}, 1)}
}

func (t *Target) prepare(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.prepared {
		return nil
	}
	err := t.dialect.Prepare(ctx, queries{t.db})
	t.prepared = err == nil
	return err
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
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	end, err := t.takeTurn(ctx)
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

// takeTurn waits until the transactions that came before have ended. SQLite takes one at
// a time, and those that wait ask now and then: one that is busy all the time, as a
// rebuild, would keep others out for seconds.
func (t *Target) takeTurn(ctx context.Context) (end func(), err error) {
	if t.dialect.LockFirst == "" {
		return func() {}, nil
	}
	select {
	case t.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-t.turn }), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// inTransaction commits what do does.
func (t *Target) inTransaction(ctx context.Context, layout readmodel.Layout, do func(*transaction) error) error {
	tx, err := t.begin(ctx, layout)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Progress returns the progress of a layout.
func (t *Target) Progress(ctx context.Context, layout readmodel.Layout) (readmodel.Progress, bool, error) {
	if err := t.prepare(ctx); err != nil {
		return readmodel.Progress{}, false, err
	}
	return t.dialect.Progress(ctx, queries{t.db}, layout)
}

// Parked returns the parked events of a layout.
func (t *Target) Parked(ctx context.Context, layout readmodel.Layout) ([]readmodel.Parked, error) {
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	return t.dialect.Parked(ctx, queries{t.db}, layout)
}

// Promoted returns the version of a model that readers see.
func (t *Target) Promoted(ctx context.Context, model string) (int, error) {
	if err := t.prepare(ctx); err != nil {
		return 0, err
	}
	return t.dialect.Promoted(ctx, queries{t.db}, model)
}

// Promote makes views of the tables of a layout, in place of those of another one. In
// PostgreSQL it waits for readers that have begun, and tries again when they take long,
// so that others do not wait behind it.
func (t *Target) Promote(ctx context.Context, layout readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	for attempt := 0; ; attempt++ {
		err := t.inTransaction(ctx, layout, func(tx *transaction) error {
			return t.dialect.Promote(ctx, tx.q, layout, check)
		})
		if !tables.IsLockTimeout(err) {
			return err
		}
		if err := (core.Backoff{}).Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// Drop removes the tables of a layout, and its progress.
func (t *Target) Drop(ctx context.Context, layout readmodel.Layout) error {
	return t.inTransaction(ctx, layout, func(tx *transaction) error {
		return t.dialect.Drop(ctx, tx.q, layout)
	})
}

// Unavailable reports whether an error is due to the state of the database.
func (t *Target) Unavailable(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || tables.Unavailable(err)
}

// rollbackBound is how long a rollback may take to find out whether there is something
// to roll back.
const rollbackBound = 5 * time.Second
