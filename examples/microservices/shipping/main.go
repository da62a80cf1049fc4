// Shipping is the service that follows the orders. It keeps the open ones as a
// read model, makes a shipment of each paid order, exactly once, and sends a
// mail for each shipment, at least once.
//
//	go run ./examples/microservices/shipping [-listen ADDRESS] [-nats URL] [-ca FILE]
//
//	curl 127.0.0.1:8081/open-orders/A-1?after=2
//
// Run it three times, with -listen 127.0.0.1:8082 and 8083: all keep the read model, and they
// share the reactions. Kill one, and the others have its part within seconds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/examples/microservices"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() {
	var server microservices.Server
	server.Flags(flag.CommandLine)
	listen := flag.String("listen", "127.0.0.1:8081", "`address` of the API")
	flag.Parse()
	microservices.Main("shipping", func(ctx context.Context) error { return run(ctx, server, *listen) })
}

func run(ctx context.Context, server microservices.Server, listen string) (err error) {
	nc, err := server.Connect("shipping")
	if err != nil {
		return err
	}
	defer nc.Close()
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := open(ctx, nc, store)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("shipping at http://%v\n", listener.Addr())
	return microservices.Together(ctx, a.orders.Run, a.worker.Run, microservices.Serve(listener, a.handler()))
}

func open(ctx context.Context, nc *nats.Conn, store *microservices.Store) (*api, error) {
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{})
	if err != nil {
		return nil, fmt.Errorf("open snapshots: %w", err)
	}
	leases, err := jetstream.OpenLeases(ctx, nc, jetstream.LeaseConfig{})
	if err != nil {
		return nil, fmt.Errorf("open leases: %w", err)
	}
	return &api{
		orders: projection.NewLive(store, openOrders).WithSnapshots(snapshots),
		worker: reactor.NewWorker(store, newReactor(&mailer{os.Stdout})).WithLeases(leases).ParkAfter(5),
	}, nil
}
