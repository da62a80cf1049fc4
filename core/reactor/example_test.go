package reactor_test

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// An application names its own types once.
type (
	Orders                 = memory.Store[string, core.NoMetadata]
	OrderKey               = core.Key[string]
	OrderCommit            = core.Commit[string, uint64, core.NoMetadata]
	Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	OrderPlaced            struct{ Customer, Item string }
)

func (OrderPlaced) EventKind() string { return "order.placed" }

// place records an order, as a command would.
func place(orders *Orders, id, customer, item string) core.Version[uint64] {
	position, err := core.CommitEvents(context.Background(), orders, OrderKey{Kind: "order", ID: id}, []core.Event{OrderPlaced{customer, item}}, core.NoMetadata{})
	if err != nil {
		panic(err)
	}
	return core.At(position)
}
