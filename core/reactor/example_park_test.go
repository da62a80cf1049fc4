package reactor_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// An event that cannot be reacted to is parked, and the worker goes on. When the
// reason is gone, the event is replayed.
func ExampleWorker_ParkAfter() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	sold := false
	stock := reactor.Define("stock",
		reactor.On(func(_ context.Context, e Recorded[OrderPlaced]) error {
			if e.Event.Item == "tea" && !sold {
				return reactor.Permanent(reactor.WithReason(errors.New("no shelf for tea"), "we do not sell tea"))
			}
			fmt.Println("reserved", e.Event.Item, "for", e.Event.Customer)
			return nil
		}),
	)
	place(orders, "O-1", "ada", "tea")
	version := place(orders, "O-2", "bob", "milk")

	worker := reactor.NewWorker(orders, stock).ParkAfter(3) // or at once, for what is fatal
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	fmt.Println(worker.Wait(ctx, version))
	stop()
	fmt.Println(<-ended)

	ctx, sold = context.Background(), true
	parked, err := worker.Parked(ctx)
	for _, p := range parked {
		fmt.Println(p.Key, "is parked:", p.Reason)
		fmt.Println(worker.Replay(ctx, p))
	}
	fmt.Println(err)
	// Output:
	// reserved milk for bob
	// <nil>
	// <nil>
	// order O-1 is parked: we do not sell tea
	// reserved tea for ada
	// <nil>
	// <nil>
}
