// Conflict shows what happens when writers meet at one aggregate: the second of
// two who decided on the same version is refused, and told both versions; with
// retries it loads again and decides again, so that of eight writers at one
// counter none loses an increment.
//
//	go run ./examples/conflict
package main

import (
	"context"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
)

func main() { local.Main("conflict", run) }

func run(ctx context.Context, out io.Writer) error {
	return local.Run(ctx, func(_ *nats.Conn, store *jetstream.Store[string, core.NoMetadata]) error {
		s := &story{core.NewRepository(store, counter), out}
		if err := s.meet(ctx); err != nil {
			return err
		}
		return s.crowd(ctx)
	})
}
