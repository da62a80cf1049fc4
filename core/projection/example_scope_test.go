package projection_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// History is the story of whatever orders it is of.
type History []string

var history = projection.Define("history",
	projection.On(func(h *History, e Recorded[OrderPlaced]) { *h = append(*h, e.Key.ID+" placed by "+e.Event.Customer) }),
	projection.On(func(h *History, e Recorded[OrderShipped]) { *h = append(*h, e.Key.ID+" shipped") }),
)

// One projection serves for all orders, and for some of them.
func ExampleProjection_Of() {
	ctx := context.Background()
	orders := memory.New[string, core.NoMetadata]()
	place(orders, "O-1", "ada", "tea")
	place(orders, "O-2", "bob", "milk")
	first := OrderKey{Kind: "order", ID: "O-1"}
	if _, err := core.CommitEvents(ctx, orders, first, []core.Event{OrderShipped{}}, core.NoMetadata{}); err != nil {
		fmt.Println(err)
		return
	}

	all, err := projection.Load(ctx, orders, history)
	fmt.Printf("%q %v\n", all, err)
	one, err := projection.Load(ctx, orders, history.Of(first))
	fmt.Printf("%q %v\n", one, err)
	// Output:
	// ["O-1 placed by ada" "O-2 placed by bob" "O-1 shipped"] <nil>
	// ["O-1 placed by ada" "O-1 shipped"] <nil>
}
