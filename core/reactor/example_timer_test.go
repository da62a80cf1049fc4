package reactor_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

type (
	PaymentDue     struct{ Item string }
	OrderCancelled struct{ Item string }
)

func (PaymentDue) EventKind() string     { return "order.payment-due" }
func (OrderCancelled) EventKind() string { return "order.cancelled" }

// A reaction sets a timer, which is recorded with its progress. When it is due, another
// function reacts to it.
func ExampleSetTimer() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	canceller := reactor.Define("canceller",
		reactor.On(func(ctx context.Context, e Recorded[OrderPlaced]) error {
			return reactor.SetTimer(ctx, "payment", e.Time.Add(50*time.Millisecond), PaymentDue{e.Event.Item})
		}),
		reactor.Due(func(_ context.Context, e Recorded[PaymentDue]) ([]OrderCommit, error) {
			return []OrderCommit{{Key: e.Key, Unchecked: true, Events: []core.Event{OrderCancelled(e.Event)}}}, nil
		}),
	)
	version := place(orders, "O-1", "ada", "tea")

	worker := reactor.NewWorker(orders, canceller)
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	fmt.Println(worker.Wait(ctx, version))
	for stored, err := range orders.Subscribe(ctx, core.Filter[string, uint64]{EventKind: "order.cancelled"}) {
		fmt.Println(stored.Key, stored.Kind, err)
		break
	}
	stop()
	fmt.Println(<-ended)
	// Output:
	// <nil>
	// order O-1 order.cancelled <nil>
	// <nil>
}
