package pgxmodel

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/jetsource/jetsource/core/readmodel"
)

// ErrNotYours is returned by Commit and Rollback of a [Tx].
var ErrNotYours = errors.New("the runner ends the transaction of a function")

// Tx is a transaction for the functions of a model. Begin makes a savepoint, which can be
// given up or rolled back to.
type Tx struct {
	pgx.Tx
	layout readmodel.Layout
}

// Table returns the name that a table has in the layout, as "orders_v3_list". It panics
// for a name that is no identifier, which is then an error of the event.
func (t Tx) Table(name string) string { return t.layout.Table(name) }

// Layout returns the model and the version of its layout.
func (t Tx) Layout() readmodel.Layout { return t.layout }

// Commit returns [ErrNotYours].
func (t Tx) Commit(context.Context) error { return ErrNotYours }

// Rollback returns [ErrNotYours].
func (t Tx) Rollback(context.Context) error { return ErrNotYours }
