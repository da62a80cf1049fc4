package reactor_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// Several workers, of as many processes, share the partitions of a reactor. Here they have
// their leases with a store in memory; elsewhere these are jetstream.Leases.
func ExampleWorker_WithLeases() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	packer := reactor.Define("packer",
		reactor.Produce(func(_ context.Context, e Recorded[OrderPlaced]) ([]OrderCommit, error) {
			return []OrderCommit{{Key: OrderKey{Kind: "parcel", ID: e.Key.ID}, Events: []core.Event{ParcelPacked{e.Event.Item}}}}, nil
		}),
	)
	ended := make(chan error)
	var workers []*reactor.Worker[string, uint64, core.NoMetadata]
	for range 2 {
		worker := reactor.NewWorker(orders, packer).WithLeases(orders)
		workers = append(workers, worker)
		go func() { ended <- worker.Run(ctx) }()
	}
	var version core.Version[uint64]
	for i := range 100 {
		version = place(orders, fmt.Sprint("O-", i), "ada", "tea")
	}
	fmt.Println(workers[0].Wait(ctx, version), workers[1].Wait(ctx, version))
	stop()
	fmt.Println(<-ended, <-ended)
	parcels := 0
	for _, err := range orders.LoadEvents(context.Background(), core.Filter[string, uint64]{EventKind: "parcel.packed"}) {
		if err == nil {
			parcels++
		}
	}
	fmt.Println(parcels, "parcels")
	// Output:
	// <nil> <nil>
	// <nil> <nil>
	// 100 parcels
}
