// Package local is what the examples that need one server have in common. The quickstart
// spells it out.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Main runs an example, which writes to standard output, and exits with status 1 if it
// fails.
func Main(name string, run func(ctx context.Context, out io.Writer) error) {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Run gives tell a store on a server of its own, and closes both when it returns.
func Run[M any](ctx context.Context, tell func(nc *nats.Conn, store *jetstream.Store[string, M]) error) (err error) {
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
	store, err := jetstream.Open[string, M](ctx, nc, jetstream.Config{})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return tell(nc, store)
}
