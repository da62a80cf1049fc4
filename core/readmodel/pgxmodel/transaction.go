package pgxmodel

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jetsource/jetsource/core/readmodel"
)

// transaction is a [readmodel.Transaction].
type transaction struct {
	begun context.Context // ends the transaction
	tx    Tx
	q     queries
	mark  string
	over  bool
}

func (t *transaction) Tx() Tx { return t.tx }

func (t *transaction) Begins(string, int) {}

func (t *transaction) Lock(ctx context.Context) (readmodel.Progress, bool, error) {
	return dialect.Lock(ctx, t.q, t.tx.layout)
}

func (t *transaction) Create(ctx context.Context, p readmodel.Progress) error {
	return dialect.Create(ctx, t.q, t.tx.layout, p)
}

// Save also notifies listeners, once the transaction is committed.
func (t *transaction) Save(ctx context.Context, p readmodel.Progress) error {
	if err := dialect.Save(ctx, t.q, t.tx.layout, p); err != nil {
		return err
	}
	_, err := t.q.Exec(ctx, "SELECT pg_notify($1, $2)", channel, t.tx.layout.String())
	return err
}

func (t *transaction) Park(ctx context.Context, p readmodel.Parked) error {
	return dialect.Park(ctx, t.q, t.tx.layout, p)
}

func (t *transaction) Unpark(ctx context.Context, position string) (bool, error) {
	return dialect.Unpark(ctx, t.q, t.tx.layout, position)
}

func (t *transaction) Commit(ctx context.Context) error {
	if t.begun.Err() != nil {
		return context.Cause(t.begun)
	}
	if err := dialect.CheckMark(ctx, t.q, t.mark); err != nil {
		return err
	}
	t.over = true
	return t.tx.Tx.Commit(ctx)
}

// rollbackBound is how long a rollback may take.
const rollbackBound = 5 * time.Second

func (t *transaction) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	ctx, cancel := context.WithTimeout(context.Background(), rollbackBound)
	defer cancel()
	err := dialect.CheckMark(ctx, t.q, t.mark)
	_ = t.tx.Tx.Rollback(ctx) // the connection is given up if it fails
	if errors.Is(err, readmodel.ErrTransactionEnded) {
		return err
	}
	return nil
}

// queries is a [tables.DB] by a pool or a transaction.
type queries struct {
	db interface {
		Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

func (q queries) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := q.db.Exec(ctx, statement, args...)
	return tag.RowsAffected(), err
}

func (q queries) Query(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.db.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
