package microservices

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// Meta is recorded beside each event.
type Meta struct {
	Service string `json:"service"` // that wrote it
}

type (
	// Store keeps the events of all services. The type parameters of the library
	// are fixed here, once.
	Store = jetstream.Store[string, Meta]
	// Version is what a command returns, and what a reader waits for.
	Version = core.Version[uint64]
	// Commit is what the reactor answers with.
	Commit = core.Commit[string, uint64, Meta]
	// Recorded is an event of type E as handlers are given it.
	Recorded[E core.Event] = core.Recorded[E, string, uint64, Meta]
)

// OpenStore opens the store of all services: the stream EVENTS.
func OpenStore(ctx context.Context, nc *nats.Conn) (*Store, error) {
	return open(ctx, nc, jetstream.Config{})
}

// OpenStoreToRead opens the store from the account of readers, where JetStream
// is what nats.conf imports from the account shop.
func OpenStoreToRead(ctx context.Context, nc *nats.Conn) (*Store, error) {
	return open(ctx, nc, jetstream.Config{Domain: "shop"})
}

func open(ctx context.Context, nc *nats.Conn, cfg jetstream.Config) (*Store, error) {
	// Where setup was not run the store cannot be opened, as a service must not
	// make the stream. It need not try for long.
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return jetstream.Open[string, Meta](ctx, nc, cfg)
}
