// Orders is the service that takes commands. Its user may write events of
// orders and load them, and that is all.
//
//	go run ./examples/microservices/orders [-listen ADDRESS] [-nats URL] [-ca FILE]
//
//	curl -d '{"Customer":"ada","Item":"book","Cents":1250}' 127.0.0.1:8080/orders/A-1
//	curl -d '{"Cents":1250}' -H 'Idempotency-Key: 7' 127.0.0.1:8080/orders/A-1/payment
//
// Each answer has a version, the token for reading one's own write at shipping.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"

	"github.com/jetsource/jetsource/examples/microservices"
)

func main() {
	var server microservices.Server
	server.Flags(flag.CommandLine)
	listen := flag.String("listen", "127.0.0.1:8080", "`address` of the API")
	flag.Parse()
	microservices.Main("orders", func(ctx context.Context) error { return run(ctx, server, *listen) })
}

func run(ctx context.Context, server microservices.Server, listen string) (err error) {
	nc, err := server.Connect("orders")
	if err != nil {
		return err
	}
	defer nc.Close()
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("orders at http://%v\n", listener.Addr())
	return microservices.Serve(listener, handler(newOrders(store)))(ctx)
}
