package pgxmodel

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/internal/tables"
)

// Target is a [readmodel.Target] by pgx.
type Target struct {
	*tables.Base
	pool *pgxpool.Pool
}

var (
	_ readmodel.Target[Tx] = (*Target)(nil)
	_ readmodel.Listener   = (*Target)(nil)

	dialect = tables.Postgres
)

// New returns a target in the database of a pool, which is not closed by it.
func New(pool *pgxpool.Pool) *Target {
	t := &Target{pool: pool}
	t.Base = tables.NewBase(dialect, queries{pool}, t.inTransaction)
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
