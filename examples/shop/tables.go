package main

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
)

type (
	// Recorded is an event with what was recorded about it.
	Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	// SQLModel is a read model in SQL.
	SQLModel = readmodel.Model[sqlmodel.Tx, string, uint64, core.NoMetadata]
)

// shop returns a layout of the tables; migrations has the statements that make them.
// PostgreSQL and SQLite understand the same statements here.
func shop(version int) *SQLModel {
	return readmodel.Define("shop", version,
		readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e Recorded[CustomerRegistered]) error {
			if version == 1 {
				return exec(ctx, tx, "INSERT INTO "+tx.Table("customers")+" (id, name) VALUES ($1, $2)", e.Key.ID, e.Event.Name)
			}
			return exec(ctx, tx, "INSERT INTO "+tx.Table("customers")+" (id, name, spent) VALUES ($1, $2, 0)", e.Key.ID, e.Event.Name)
		}),
		readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e Recorded[OrderPlaced]) error {
			return exec(ctx, tx, "INSERT INTO "+tx.Table("orders")+" (id, customer, item, cents, status) VALUES ($1, $2, $3, $4, 'placed')",
				e.Key.ID, e.Event.Customer, e.Event.Item, e.Event.Cents)
		}),
		readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e Recorded[OrderPaid]) error {
			if err := exec(ctx, tx, "UPDATE "+tx.Table("orders")+" SET status = 'paid' WHERE id = $1", e.Key.ID); err != nil || version == 1 {
				return err
			}
			return exec(ctx, tx, "UPDATE "+tx.Table("customers")+" SET spent = spent + (SELECT cents FROM "+tx.Table("orders")+
				" WHERE id = $1) WHERE id = (SELECT customer FROM "+tx.Table("orders")+" WHERE id = $1)", e.Key.ID)
		}),
		readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e Recorded[OrderShipped]) error {
			return exec(ctx, tx, "UPDATE "+tx.Table("orders")+" SET status = 'shipped' WHERE id = $1", e.Key.ID)
		}),
	)
}

func exec(ctx context.Context, tx sqlmodel.Tx, statement string, args ...any) error {
	_, err := tx.ExecContext(ctx, statement, args...)
	return err
}
