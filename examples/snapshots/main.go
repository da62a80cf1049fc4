// Snapshots shows what a snapshot saves: the time to load an aggregate of
// 10,000 events with and without one.
//
//	go run ./examples/snapshots
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
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "snapshots:", err)
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
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1000)})
	if err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	return story(ctx, core.NewRepository(store, meter), snapshots, out)
}
