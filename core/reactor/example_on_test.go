package reactor_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// A reactor acts on the world outside. What fails is tried again; a worker that
// is started again goes on where the last one left.
func ExampleOn() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	attempts := 0
	mailer := reactor.Define("mailer",
		reactor.On(func(_ context.Context, e Recorded[OrderPlaced]) error {
			if attempts++; attempts == 2 {
				return errors.New("mail server is away")
			}
			fmt.Println("thank you for the", e.Event.Item, e.Event.Customer)
			return nil
		}),
	).WithPartitions(1) // one at a time: by default orders are beside each other
	place(orders, "O-1", "ada", "tea")
	version := place(orders, "O-2", "bob", "milk")

	worker := reactor.NewWorker(orders, mailer)
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	fmt.Println(worker.Wait(ctx, version))
	stop()
	fmt.Println(<-ended, "after", attempts, "attempts")
	// Output:
	// thank you for the tea ada
	// thank you for the milk bob
	// <nil>
	// <nil> after 3 attempts
}
