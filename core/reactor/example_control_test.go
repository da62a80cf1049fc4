package reactor_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// A reactor that begins with the events from now on is sent back to the beginning.
func ExampleWorker_Reset() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	mailer := reactor.Define("mailer", reactor.On(func(_ context.Context, e Recorded[OrderPlaced]) error {
		fmt.Println("thank you,", e.Event.Customer)
		return nil
	})).WithPartitions(1)
	place(orders, "O-1", "ada", "tea")

	run := func(worker *reactor.Worker[string, uint64, core.NoMetadata], version core.Version[uint64]) {
		ctx, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- worker.Run(ctx) }()
		fmt.Println(worker.Wait(ctx, version))
		stop()
		fmt.Println(<-ended)
	}
	// The reactor is laid out when its first worker runs.
	first := reactor.NewWorker(orders, mailer).StartAfter(core.At(uint64(1)))
	run(first, place(orders, "O-2", "bob", "milk"))
	fmt.Println(first.Reset(ctx, core.Version[uint64]{}))
	run(reactor.NewWorker(orders, mailer), core.At(uint64(2)))
	stop()
	// Output:
	// thank you, bob
	// <nil>
	// <nil>
	// <nil>
	// thank you, ada
	// thank you, bob
	// <nil>
	// <nil>
}
