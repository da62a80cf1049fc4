// Versioning shows how an event changes over the years while what was recorded
// stays as it was: three generations of one event in one stream, which a chain
// of upcasts turns into the newest as they are read.
//
//	go run ./examples/versioning
//
// Read event.go for the chain. Its test keeps the payloads of old as fixtures:
// they are what the program must be able to read for ever.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "versioning:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	srv, err := embedded.Start(embedded.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer nc.Close()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return story(ctx, store, out)
}

func story(ctx context.Context, store core.EventStore[string, uint64, core.NoMetadata], out io.Writer) error {
	// What programs of former years recorded.
	key := core.Key[string]{Kind: customer.Kind(), ID: "ada"}
	past := []core.Event{
		MovedV1{Address: "12 High Street, London"},
		MovedV2{Street: "3 Mill Lane", City: "Oxford"},
		MovedV1{Address: "7 Quay, Bristol"}, // by a server that was updated last
	}
	if _, err := core.CommitEvents(ctx, store, key, past, core.NoMetadata{}); err != nil {
		return err
	}

	// What the program of today does with it.
	customers := core.NewRepository(store, customer)
	if _, err := customers.Update(ctx, "ada", Move{"8 Rue Bleue", "Paris", "FR"}); err != nil {
		return err
	}
	c, _, err := customers.Load(ctx, "ada")
	if err != nil {
		return err
	}

	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	say("in the stream")
	for e, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &key}) {
		if err != nil {
			return err
		}
		say("  %d  %-17s  %s", e.Position, e.Kind, e.Data)
	}
	say("as the program sees it")
	for i, a := range c.Addresses {
		say("  %d  %-17s  %s, %s, %s", i+1, a.EventKind(), a.Street, a.City, a.Country)
	}
	return nil
}
