// Snapshots shows what a snapshot saves: the time to load an aggregate of
// 10,000 events with and without one.
//
//	go run ./examples/snapshots
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() { local.Main("snapshots", run) }

func run(ctx context.Context, out io.Writer) error {
	return local.Run(ctx, func(nc *nats.Conn, store *jetstream.Store[string, core.NoMetadata]) error {
		snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1000)})
		if err != nil {
			return fmt.Errorf("open snapshots: %w", err)
		}
		return story(ctx, core.NewRepository(store, meter), snapshots, out)
	})
}
