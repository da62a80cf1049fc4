// Setup makes the stream and the buckets of the example, as the user admin. It
// is run once, before the services, which may not do that themselves. To run it
// again changes nothing.
//
//	go run ./examples/microservices/setup [-nats URL] [-ca FILE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/jetsource/jetsource/examples/microservices"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() {
	var server microservices.Server
	server.Flags(flag.CommandLine)
	flag.Parse()
	microservices.Main("setup", func(ctx context.Context) error { return run(ctx, server) })
}

func run(ctx context.Context, server microservices.Server) (err error) {
	nc, err := server.Connect("admin")
	if err != nil {
		return err
	}
	defer nc.Close()
	// To open is to make what is not there.
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := jetstream.OpenLeases(ctx, nc, jetstream.LeaseConfig{}); err != nil {
		return fmt.Errorf("bucket of leases: %w", err)
	}
	if _, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{}); err != nil {
		return fmt.Errorf("bucket of snapshots: %w", err)
	}
	_, err = fmt.Fprintln(os.Stdout, "the stream and the buckets are there; the events are", store.StoreID())
	return err
}
