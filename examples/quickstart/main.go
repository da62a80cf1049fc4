// Quickstart is a bank of two accounts in a directory: an embedded server, a
// store of events, and what one does with it. It opens accounts, deposits,
// moves money between them all or nothing, has two tellers meet, is refused what
// cannot be, and reads it all back.
//
//	go run ./examples/quickstart [-dir DIR]
//
// Run it twice: the second run goes on with the balances of the first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

func main() {
	dir := flag.String("dir", "quickstart-data", "`directory` of the events")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *dir, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, out io.Writer) (err error) {
	srv, err := embedded.Start(embedded.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer nc.Close()

	store, err := jetstream.Open[string, Meta](ctx, nc, jetstream.Config{})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	return newBank(store, out).run(ctx)
}
