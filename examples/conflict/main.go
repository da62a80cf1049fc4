// Conflict shows what happens when writers meet at one aggregate: the second of
// two who decided on the same version is refused, and told both versions; with
// retries it loads again and decides again, so that of eight writers at one
// counter none loses an increment.
//
//	go run ./examples/conflict
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
		fmt.Fprintln(os.Stderr, "conflict:", err)
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

	s := &story{core.NewRepository(store, counter), out}
	if err := s.meet(ctx); err != nil {
		return err
	}
	return s.crowd(ctx)
}
