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
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() { local.Main("bank", run) }

func run(ctx context.Context, out io.Writer) error {
	return local.Run(ctx, func(nc *nats.Conn, store *jetstream.Store[string, Meta]) error {
		snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{})
		if err != nil {
			return fmt.Errorf("open snapshots: %w", err)
		}
		s := &story{NewBank(store, snapshots), snapshots, out}
		return s.tell(ctx)
	})
}
