package sqlmodel

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/internal/tables"
)

// transaction is a [readmodel.Transaction].
type transaction struct {
	dialect tables.Dialect
	tx      Tx
	q       queries
	mark    string
	end     func() // lets another transaction begin
	over    bool
}

func (t *transaction) Tx() Tx { return t.tx }

func (t *transaction) Begins(string, int) {}

func (t *transaction) Lock(ctx context.Context) (readmodel.Progress, bool, error) {
	return t.dialect.Lock(ctx, t.q, t.tx.layout)
}

func (t *transaction) Create(ctx context.Context, p readmodel.Progress) error {
	return t.dialect.Create(ctx, t.q, t.tx.layout, p)
}

func (t *transaction) Save(ctx context.Context, p readmodel.Progress) error {
	return t.dialect.Save(ctx, t.q, t.tx.layout, p)
}

func (t *transaction) Park(ctx context.Context, p readmodel.Parked) error {
	return t.dialect.Park(ctx, t.q, t.tx.layout, p)
}

func (t *transaction) Unpark(ctx context.Context, position string) (bool, error) {
	return t.dialect.Unpark(ctx, t.q, t.tx.layout, position)
}

func (t *transaction) Commit(ctx context.Context) error {
	defer t.end()
	if err := t.dialect.CheckMark(ctx, t.q, t.mark); err != nil {
		t.over = true
		_ = t.tx.tx.Rollback() // the connection is given up if it fails
		return err
	}
	t.over = true
	return t.tx.tx.Commit()
}

func (t *transaction) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	defer t.end()
	ctx, cancel := context.WithTimeout(context.Background(), rollbackBound)
	defer cancel()
	err := t.dialect.CheckMark(ctx, t.q, t.mark)
	_ = t.tx.tx.Rollback() // the connection is given up if it fails
	if errors.Is(err, readmodel.ErrTransactionEnded) {
		return err
	}
	return nil
}

// queries is a [tables.DB] by a database or a transaction.
type queries struct {
	db interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (q queries) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := q.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (q queries) Query(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err says what matters
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
