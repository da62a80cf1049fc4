package jetstream_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

type AccountOpened struct{ Owner string }

func (AccountOpened) EventKind() string { return "account.opened" }

type FundsDeposited struct{ Amount int64 }

func (FundsDeposited) EventKind() string { return "account.deposited" }

// A store needs a connection; its stream is created when it is opened first.
func ExampleOpen() {
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
	position, err := core.CommitEvents(ctx, store, key, []core.Event{AccountOpened{"ada"}, FundsDeposited{100}}, core.NoMetadata{})
	fmt.Println(position, err)
	// Output: 2 <nil>
}
