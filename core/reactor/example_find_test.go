package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// A program without the handlers finds a reactor by its name, sees what is parked, and has the
// worker that runs elsewhere replay it.
func ExampleFind() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	open := make(chan struct{})
	shipping := reactor.Define("shipping", reactor.On(func(_ context.Context, e Recorded[OrderPlaced]) error {
		select {
		case <-open:
			fmt.Println("shipped", e.Event.Item)
			return nil
		default:
			return reactor.WithReason(errors.New("423 Locked"), "the warehouse is closed")
		}
	}))
	worker := reactor.NewWorker(orders, shipping).ParkAfter(1)
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	fmt.Println(worker.Wait(ctx, place(orders, "O-1", "ada", "tea")))

	operator, err := reactor.Find(ctx, orders, "shipping")
	fmt.Println(err)
	parked, err := operator.Parked(ctx)
	fmt.Println(parked[0].Key, "is parked:", parked[0].Reason, err)
	close(open)
	fmt.Println(operator.AskReplay(ctx, parked...))
	for range time.Tick(50 * time.Millisecond) {
		if parked, err = operator.Parked(ctx); len(parked) == 0 || err != nil || !parked[0].Asked {
			break
		}
	}
	fmt.Println(len(parked), err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// <nil>
	// <nil>
	// order O-1 is parked: the warehouse is closed <nil>
	// <nil>
	// shipped tea
	// 0 <nil>
	// <nil>
}
