package projection_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// An application names its own types once.
type (
	Orders                 = memory.Store[string, core.NoMetadata]
	OrderKey               = core.Key[string]
	Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	OrderPlaced            struct{ Customer, Item string }
	OrderShipped           struct{}
	Customers              struct{ Orders map[string]int }
)

func (OrderPlaced) EventKind() string  { return "order.placed" }
func (OrderShipped) EventKind() string { return "order.shipped" }

// place records an order, as a command would.
func place(orders *Orders, id, customer, item string) core.Version[uint64] {
	position, err := core.CommitEvents(context.Background(), orders, OrderKey{Kind: "order", ID: id}, []core.Event{OrderPlaced{customer, item}}, core.NoMetadata{})
	if err != nil {
		panic(err)
	}
	return core.At(position)
}

// A projection is a table of functions, one for each kind of event, like an
// aggregate; but of the events of all aggregates.
var customers = projection.Define("customers",
	projection.On(func(c *Customers, e Recorded[OrderPlaced]) { c.Orders[e.Event.Customer]++ }),
).WithInit(func() Customers { return Customers{Orders: make(map[string]int)} })

func ExampleDefine() {
	ctx := context.Background()
	orders := memory.New[string, core.NoMetadata]()
	place(orders, "O-1", "ada", "tea")
	yesterday := place(orders, "O-2", "bob", "milk")
	place(orders, "O-3", "ada", "milk")

	now, err := projection.Load(ctx, orders, customers)
	fmt.Println(now.Orders, err)
	then, err := projection.LoadAt(ctx, orders, customers, yesterday)
	fmt.Println(then.Orders, err)
	// Output:
	// map[ada:2 bob:1] <nil>
	// map[ada:1 bob:1] <nil>
}
