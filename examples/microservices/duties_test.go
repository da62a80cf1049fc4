//go:build unix

package microservices_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/examples/microservices"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// duties are what each user must be able to do: all that the library does for a
// program in its place.
var duties = map[string]func(context.Context, *nats.Conn) error{
	"admin":    administer,
	"orders":   write,
	"shipping": react,
	"reader":   read,
}

func administer(ctx context.Context, nc *nats.Conn) error {
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return err
	}
	_, leases := jetstream.OpenLeases(ctx, nc, jetstream.LeaseConfig{})
	_, snapshots := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{})
	return errors.Join(leases, snapshots, store.Close())
}

type filter = core.Filter[string, uint64]

// poison is an item that cannot be shipped.
const poison = "poison"

// write writes as orders does: one event and several, on the right version and
// on a wrong one, of one order and of two. The last two orders are paid.
func write(ctx context.Context, nc *nats.Conn) error {
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return err
	}
	defer store.Close()
	first, second := core.Key[string]{Kind: "order", ID: rand.Text()}, core.Key[string]{Kind: "order", ID: rand.Text()}
	meta := microservices.Meta{Service: "orders"}
	var none microservices.Version
	at, err := core.CommitEventsOptimistic(ctx, store, first, none, []core.Event{microservices.OrderPlaced{}}, meta)
	if err != nil {
		return err
	}
	events := []core.Event{microservices.OrderCancelled{}, microservices.OrderPlaced{}}
	if _, err := core.CommitEventsOptimistic(ctx, store, first, core.At(at), events, meta); err != nil {
		return err
	}
	if _, err := core.CommitEventsOptimistic(ctx, store, first, none, events, meta); !errors.Is(err, core.ErrConflict) {
		return fmt.Errorf("no conflict: %w", err)
	}
	for _, err := range store.LoadEvents(ctx, filter{Aggregate: &first}) {
		if err != nil {
			return err
		}
	}
	_, err = store.Commit(ctx,
		microservices.Commit{Key: first, Unchecked: true, Events: []core.Event{microservices.OrderPaid{}}, Metadata: meta},
		microservices.Commit{Key: second, Unchecked: true, Events: []core.Event{microservices.OrderPaid{Item: poison}}, Metadata: meta},
	)
	return err
}

// read reads everything, in each way that there is.
func read(ctx context.Context, nc *nats.Conn) error {
	store, err := microservices.OpenStoreToRead(ctx, nc)
	if err != nil {
		return err
	}
	defer store.Close()
	var last core.StoredEvent[string, uint64, microservices.Meta]
	for _, f := range []filter{{}, {EventKind: "order.paid"}} {
		for stored, err := range store.LoadEvents(ctx, f) {
			if err != nil {
				return err
			}
			last = stored
		}
	}
	for _, err := range store.LoadEvents(ctx, filter{Aggregate: &last.Key}) {
		if err != nil {
			return err
		}
	}
	_, version := store.Version(ctx, last.Key)
	_, latest := store.LatestVersion(ctx)
	_, next := store.NextVersion(ctx, core.At(last.Position), filter{})
	if err := errors.Join(version, latest, next); err != nil {
		return err
	}
	for _, err := range store.IDs(ctx, "order") {
		if err != nil {
			return err
		}
	}
	for _, err := range store.Subscribe(ctx, filter{From: core.At(last.Position)}) {
		return err
	}
	return ctx.Err()
}

// react follows, reacts, parks what it cannot react to, and replays that.
func react(ctx context.Context, nc *nats.Conn) error {
	store, err := microservices.OpenStore(ctx, nc)
	if err != nil {
		return err
	}
	defer store.Close()
	leases, err := jetstream.OpenLeases(ctx, nc, jetstream.LeaseConfig{})
	if err != nil {
		return err
	}
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1), Timeout: time.Second})
	if err != nil {
		return err
	}
	var edible atomic.Bool
	live := projection.NewLive(store, counted).WithSnapshots(snapshots)
	worker := reactor.NewWorker(store, shipper(&edible)).WithLeases(leases).ParkAfter(1)
	return microservices.Together(ctx, live.Run, worker.Run, func(ctx context.Context) error {
		if err := errors.Join(live.CatchUp(ctx), worker.CatchUp(ctx)); err != nil {
			return err
		}
		edible.Store(true)
		parked, err := worker.Parked(ctx)
		if err == nil && len(parked) == 0 {
			err = errors.New("nothing is parked")
		}
		for _, p := range parked {
			err = errors.Join(err, worker.Replay(ctx, p))
		}
		return err
	})
}

type (
	paid  = microservices.Recorded[microservices.OrderPaid]
	count struct{ Paid int }
)

// counted has the name, and so the snapshot, of the read model of shipping.
var counted = projection.Define("open-orders", projection.On(func(c *count, _ paid) { c.Paid++ }))

// shipper has the name, and so the progress and the lease, of the reactor of
// shipping.
func shipper(edible *atomic.Bool) *reactor.Reactor[string, uint64, microservices.Meta] {
	return reactor.Define("shipping", reactor.Produce(func(_ context.Context, e paid) ([]microservices.Commit, error) {
		if e.Event.Item == poison && !edible.Load() {
			return nil, errors.New("it is poison")
		}
		key := core.Key[string]{Kind: "shipment", ID: e.Key.ID}
		return []microservices.Commit{{Key: key, Unchecked: true, Events: []core.Event{microservices.ShipmentCreated{}}}}, nil
	}))
}
