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

// Of two writers that decided on the same version, the second is told, and
// nothing of its commit is written.
func ExampleStore_Commit_conflict() {
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

	key := core.Key[string]{Kind: "account", ID: "ACC-001"}
	var none core.Version[uint64] // expects an account without events
	_, err = core.CommitEventsOptimistic(ctx, store, key, none, []core.Event{AccountOpened{"ada"}}, core.NoMetadata{})
	fmt.Println(err)

	_, err = core.CommitEventsOptimistic(ctx, store, key, none, []core.Event{AccountOpened{"bob"}}, core.NoMetadata{})
	fmt.Println(errors.Is(err, core.ErrConflict))
	if conflict, ok := errors.AsType[*core.ConflictError[uint64]](err); ok {
		_, err = core.CommitEventsOptimistic(ctx, store, key, conflict.Actual, []core.Event{FundsDeposited{100}}, core.NoMetadata{})
		fmt.Println(conflict.Actual, err)
	}
	// Output:
	// <nil>
	// true
	// 1 <nil>
}
