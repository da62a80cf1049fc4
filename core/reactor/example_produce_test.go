package reactor_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

type ParcelPacked struct{ Item string }

func (ParcelPacked) EventKind() string { return "parcel.packed" }

// A reactor may answer with commits. They are recorded in one commit with the
// news that the event is dealt with, so that each order has its parcel once,
// whatever crashes.
func ExampleProduce() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	packer := reactor.Define("packer",
		reactor.Produce(func(_ context.Context, e Recorded[OrderPlaced]) ([]OrderCommit, error) {
			return []OrderCommit{{
				Key:    OrderKey{Kind: "parcel", ID: e.Key.ID},
				Events: []core.Event{ParcelPacked{e.Event.Item}}, // of a new parcel
			}}, nil
		}),
	)
	place(orders, "O-1", "ada", "tea")
	version := place(orders, "O-2", "bob", "milk")

	worker := reactor.NewWorker(orders, packer)
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	fmt.Println(worker.Wait(ctx, version))
	stop()
	fmt.Println(<-ended)

	for stored, err := range orders.LoadEvents(context.Background(), core.Filter[string, uint64]{EventKind: "parcel.packed"}) {
		fmt.Println(stored.Key, err)
	}
	// Output:
	// <nil>
	// <nil>
	// parcel O-1 <nil>
	// parcel O-2 <nil>
}
