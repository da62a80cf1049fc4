// Bank shows the write side of the library in one domain: accounts that are
// opened, paid into and closed; commands that are refused; a payment that is
// sent twice and paid once; tellers who meet at one account; snapshots; and a
// transfer that changes two accounts or none.
//
//	go run ./examples/bank
//
// Read account.go first, what happens and what is decided, then bank.go, how it
// is recorded. The tests of account.go need no store: see account_test.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bank:", err)
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

	store, err := jetstream.Open[string, Meta](ctx, nc, jetstream.Config{})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{})
	if err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	s := &story{NewBank(store, snapshots), snapshots, out}
	return s.tell(ctx)
}
