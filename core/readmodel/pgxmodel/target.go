package pgxmodel

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/internal/tables"
)

// Target is a [readmodel.Target] by pgx.
type Target struct {
	pool *pgxpool.Pool

	mu       sync.Mutex // guards the field below
	prepared bool       // the library's tables are there
}

var (
	_ readmodel.Target[Tx] = (*Target)(nil)
	_ readmodel.Listener   = (*Target)(nil)

	dialect = tables.Postgres
)

// New returns a target in the database of a pool, which is not closed by it.
func New(pool *pgxpool.Pool) *Target { return &Target{pool: pool} }

func (t *Target) prepare(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.prepared {
		return nil
	}
	err := dialect.Prepare(ctx, queries{t.pool})
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
	tx, err := t.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	begun := &transaction{begun: ctx, tx: Tx{tx, layout}, q: queries{tx}}
	if begun.mark, err = dialect.Mark(ctx, begun.q); err != nil {
		_ = begun.Rollback() // err says more
		return nil, err
	}
	return begun, nil
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
	return dialect.Progress(ctx, queries{t.pool}, layout)
}

// Parked returns the parked events of a layout.
func (t *Target) Parked(ctx context.Context, layout readmodel.Layout) ([]readmodel.Parked, error) {
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	return dialect.Parked(ctx, queries{t.pool}, layout)
}

// Promoted returns the version of a model that readers see.
func (t *Target) Promoted(ctx context.Context, model string) (int, error) {
	if err := t.prepare(ctx); err != nil {
		return 0, err
	}
	return dialect.Promoted(ctx, queries{t.pool}, model)
}

// Promote makes views of the tables of a layout, in place of those of another one. It
// waits for readers that have begun, and tries again when they take long, so that others
// do not wait behind it.
func (t *Target) Promote(ctx context.Context, layout readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	for attempt := 0; ; attempt++ {
		err := t.inTransaction(ctx, layout, func(tx *transaction) error { return dialect.Promote(ctx, tx.q, layout, check) })
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
	return t.inTransaction(ctx, layout, func(tx *transaction) error { return dialect.Drop(ctx, tx.q, layout) })
}

// Unavailable reports whether an error is due to the state of the database.
func (t *Target) Unavailable(err error) bool {
	return tables.Unavailable(err) || pgconn.Timeout(err) || errors.Is(err, pgx.ErrTxClosed)
}

// channel is where [Target.Listen] is told of changes; the payload is the layout.
const channel = "jetsource_readmodel"

// Listen calls changed after transactions of a layout were committed, until ctx ends.
func (t *Target) Listen(ctx context.Context, layout readmodel.Layout, changed func()) error {
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { // it listens, and so is of no use to others
		raw := conn.Hijack()
		_ = raw.Close(context.WithoutCancel(ctx))
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	changed() // what came before
	for {
		n, err := conn.Conn().WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if n.Payload == layout.String() {
			changed()
		}
	}
}
