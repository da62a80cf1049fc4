package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// What a request leads to has its correlation id, whatever runs in between. Reactors pass
// it on by themselves; other code that acts on an event uses CausedBy.
func ExampleWithCorrelationID() {
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, invoices)

	request := core.WithCorrelationID(context.Background(), "request-42")
	if _, err := repo.Upsert(request, "I-1", Pay{Amount: 50}); err != nil {
		fmt.Println(err)
	}
	for e, err := range store.LoadEvents(context.Background(), core.Filter[string, uint64]{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		ctx := core.CausedBy(context.Background(), e.Envelope)
		if _, err := repo.Upsert(ctx, "I-2", Pay{Amount: 1}); err != nil {
			fmt.Println(err)
		}
	}
	var paid string
	for e, err := range store.LoadEvents(context.Background(), core.Filter[string, uint64]{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Key, e.Origin.CorrelationID, paid != "" && e.Origin.CausationID == paid)
		paid = e.EventID()
	}
	// Output:
	// invoice I-1 request-42 false
	// invoice I-2 request-42 true
}
