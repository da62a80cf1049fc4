package jetstream_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Filters select by aggregate, by kind and by position; several are merged.
func ExampleStore_LoadEvents() {
	srv, err := embedded.Start(embedded.Config{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	ctx := context.Background()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		panic(err)
	}
	defer store.Close()

	ada, bob := core.Key[string]{Kind: "account", ID: "ada"}, core.Key[string]{Kind: "account", ID: "bob"}
	for _, key := range []core.Key[string]{ada, bob} {
		_, err := core.CommitEvents(ctx, store, key, []core.Event{AccountOpened{key.ID}, FundsDeposited{100}}, core.NoMetadata{})
		if err != nil {
			panic(err)
		}
	}
	for e, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &ada}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(e.Position, e.Key, e.Kind)
	}
	fmt.Println("deposits after 2:")
	for e, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{EventKind: "account.deposited", After: core.At(uint64(2))}) {
		if err != nil {
			panic(err)
		}
		deposit, err := core.Decode[FundsDeposited](store, e)
		fmt.Println(e.Position, e.Key, deposit.Amount, err)
	}
	// Output:
	// 1 account ada account.opened
	// 2 account ada account.deposited
	// deposits after 2:
	// 4 account bob 100 <nil>
}
