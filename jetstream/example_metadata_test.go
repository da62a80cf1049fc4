package jetstream_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// AccountID is an identifier that cannot be mixed up with another.
type AccountID string

// Request is what this application records beside each event.
type Request struct {
	User  string
	Trace string `json:",omitempty"`
}

// Identifiers and metadata are types of the application's own.
func ExampleStore() {
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
	store, err := jetstream.Open[AccountID, Request](ctx, nc, jetstream.Config{Stream: "ACCOUNTS", Prefix: "accounts"})
	if err != nil {
		panic(err)
	}
	defer store.Close()

	key := core.Key[AccountID]{Kind: "account", ID: "ACC-001"}
	_, err = store.Commit(ctx, core.Commit[AccountID, uint64, Request]{
		Key:       key,
		Events:    []core.Event{AccountOpened{"ada"}},
		Metadata:  Request{User: "clerk-7"},
		CommandID: "open-42",
	})
	if err != nil {
		panic(err)
	}
	for e, err := range store.LoadEvents(ctx, core.Filter[AccountID, uint64]{Aggregate: &key}) {
		if err == nil {
			err = e.MetadataErr
		}
		if err != nil {
			panic(err)
		}
		fmt.Println(e.Key.ID, e.Kind, e.Metadata.User, e.CommandID)
	}
	// Output: ACC-001 account.opened clerk-7 open-42
}
