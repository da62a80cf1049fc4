package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// customerV1 is the state as a program of last year had it. The field is called Name
// today: a snapshot of then would give a customer without one. But a snapshot knows the
// layout of its state, so today's program replays the events, and takes another.
type customerV1 struct {
	FullName  string
	Addresses []Moved
}

var customerOfLastYear = core.DefineAggregate("customer",
	core.On(func(c *customerV1, e Named) { c.FullName = e.Name }),
	core.On(func(c *customerV1, e Moved) { c.Addresses = append(c.Addresses, e) }),
).Ignore("customer.greeted")

// snapshotStory tells what becomes of a snapshot whose state has changed since.
func snapshotStory(ctx context.Context, store core.EventStore[string, uint64, core.NoMetadata], snapshots core.SnapshotStore[string, uint64], say func(string, ...any)) error {
	lastYear := core.NewRepository(store, customerOfLastYear).WithSnapshots(snapshots)
	if _, err := lastYear.Update(ctx, "ada", core.CommandFunc[customerV1](func(customerV1) ([]core.Event, error) {
		return []core.Event{Moved{"1 Calle Mayor", "Madrid", "ES"}}, nil
	})); err != nil {
		return err
	}
	key := core.SnapshotKey[string]{Store: store.(core.IdentifiedStore[string, uint64, core.NoMetadata]).StoreID(), Role: core.AggregateSnapshot, Kind: customer.Kind(), ID: "ada"}
	var old customerV1
	if _, _, err := snapshots.LoadSnapshot(ctx, key, &old); err != nil {
		return err
	}
	say("in a snapshot of last year: %s", old.FullName)
	if _, _, err := snapshots.LoadSnapshot(ctx, key, new(Customer)); !errors.Is(err, core.ErrSnapshotLayout) {
		return fmt.Errorf("the snapshot was taken for one of today: %w", err)
	}
	say("as a state of today: %v", core.ErrSnapshotLayout)
	now, _, err := core.NewRepository(store, customer).WithSnapshots(snapshots).Load(ctx, "ada")
	if err != nil {
		return err
	}
	say("so the events are replayed: %s", now.Name)
	return nil
}
