package main

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

// KVModel is a read model in a key-value bucket.
type KVModel = readmodel.Model[*kvmodel.Tx, string, uint64, core.NoMetadata]

// Card is an order on the board. Layout 2 has the price.
type Card struct {
	Item   string `json:"item"`
	Status string `json:"status"`
	Cents  int64  `json:"cents,omitempty"`
}

// board returns a layout of the board that the page shows.
func board(version int) *KVModel {
	return readmodel.Define("board", version,
		readmodel.On(func(ctx context.Context, tx *kvmodel.Tx, e Recorded[OrderPlaced]) error {
			card := Card{Item: e.Event.Item, Status: "placed"}
			if version > 1 {
				card.Cents = e.Event.Cents
			}
			return tx.Put(ctx, "orders", e.Key.ID, card)
		}),
		readmodel.On(func(ctx context.Context, tx *kvmodel.Tx, e Recorded[OrderPaid]) error {
			return setStatus(ctx, tx, e.Key.ID, "paid")
		}),
		readmodel.On(func(ctx context.Context, tx *kvmodel.Tx, e Recorded[OrderShipped]) error {
			return setStatus(ctx, tx, e.Key.ID, "shipped")
		}),
	)
}

func setStatus(ctx context.Context, tx *kvmodel.Tx, id, status string) error {
	return kvmodel.Update(ctx, tx, "orders", id, func(c *Card) error {
		c.Status = status
		return nil
	})
}
