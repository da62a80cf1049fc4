package jetstream_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Commits to several aggregates are recorded together or not at all.
func ExampleStore_Commit() {
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

	type Commit = core.Commit[string, uint64, core.NoMetadata]
	open := []Commit{
		{Key: core.Key[string]{Kind: "account", ID: "ada"}, Events: []core.Event{AccountOpened{"ada"}, FundsDeposited{10}}},
		{Key: core.Key[string]{Kind: "account", ID: "bob"}, Events: []core.Event{AccountOpened{"bob"}}},
	}
	committed, err := store.Commit(ctx, open...)
	if err != nil {
		panic(err)
	}
	for _, c := range committed {
		fmt.Println(c.Position)
	}

	_, err = store.Commit(ctx, Commit{Key: core.Key[string]{Kind: "account", ID: "eve"}, Events: []core.Event{AccountOpened{"eve"}}}, open[1])
	if fault, ok := errors.AsType[*core.CommitError](err); ok {
		fmt.Println(fault)
	}
	fmt.Println(store.LatestVersion(ctx))
	// Output:
	// 2
	// 3
	// commit 2 of 2, to account bob: version conflict: expected no events, aggregate is at 3
	// 3 <nil>
}
