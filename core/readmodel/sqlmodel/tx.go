package sqlmodel

import (
	"context"
	"database/sql"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Tx is a transaction for the functions of a model: [sql.Tx] without the methods that
// end it. The zero Tx is not usable.
type Tx struct {
	layout readmodel.Layout
	tx     *sql.Tx
}

// Table returns the name that a table has in the layout, as "orders_v3_list". It panics
// for a name that is no identifier, which is then an error of the event.
func (t Tx) Table(name string) string { return t.layout.Table(name) }

// Layout returns the model and the version of its layout.
func (t Tx) Layout() readmodel.Layout { return t.layout }

// ExecContext is that of [sql.Tx].
func (t Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, args...)
}

// QueryContext is that of [sql.Tx].
func (t Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of [sql.Tx].
func (t Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

// PrepareContext is that of [sql.Tx].
func (t Tx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.tx.PrepareContext(ctx, query)
}

// StmtContext is that of [sql.Tx].
func (t Tx) StmtContext(ctx context.Context, stmt *sql.Stmt) *sql.Stmt {
	return t.tx.StmtContext(ctx, stmt)
}
