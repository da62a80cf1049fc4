// Dashboard is a warehouse in a single binary: the server that keeps the events,
// an HTTP API that takes commands, and a page that shows the stock as it
// changes.
//
//	go run ./examples/dashboard [-dir DIR] [-listen ADDRESS]
//
// Then open http://127.0.0.1:8080, in two windows if you like, or
//
//	curl -d '{"product":"Green tea","quantity":40}' -H 'Content-Type: application/json' http://127.0.0.1:8080/api/receive
//
// Read product.go first, what happens and what is decided, then board.go, what
// is shown of it, and updates.go, how it reaches the page. Anybody who reaches
// the address may do everything: there are no users here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() {
	dir := flag.String("dir", "dashboard-data", "`directory` of the events")
	listen := flag.String("listen", "127.0.0.1:8080", "`address` of the page and the API")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	err := run(ctx, *dir, *listen, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

// run runs all of it, and returns when all of it has ended.
func run(ctx context.Context, dir, listen string, out io.Writer) (err error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // mostly closed by then
	srv, err := embedded.Start(embedded.Config{Dir: dir, Logger: slog.Default()})
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
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{})
	if err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	return serve(ctx, NewWarehouse(store, snapshots), listener, out)
}
