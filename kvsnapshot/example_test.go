package kvsnapshot_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

type Deposited struct{ Amount int }

func (Deposited) EventKind() string { return "account.deposited" }

type Account struct{ Balance int }

var accounts = core.DefineAggregate("account",
	core.On(func(a *Account, e Deposited) { a.Balance += e.Amount }))

// A repository takes a snapshot each 10 events, and loads the last one and the
// events after it.
func Example() {
	ctx := context.Background()
	srv, err := embedded.Start(embedded.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	events, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer events.Close()
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{
		Policy:      core.SnapshotEvery(10),
		Compression: kvsnapshot.S2,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	repo := core.NewRepository(events, accounts).WithSnapshots(snapshots)
	deposit := core.CommandFunc[Account](func(Account) ([]core.Event, error) {
		return []core.Event{Deposited{5}}, nil
	})
	for range 25 {
		if _, err := repo.Upsert(ctx, "ACC-001", deposit); err != nil {
			fmt.Println(err)
			return
		}
	}
	var state Account
	key := core.SnapshotKey[string]{Store: events.StoreID(), Role: core.AggregateSnapshot, Kind: "account", ID: "ACC-001"}
	snapshot, ok, err := snapshots.LoadSnapshot(ctx, key, &state)
	fmt.Println("snapshot at", snapshot.Position, "with", state.Balance, ok, err)

	account, version, err := repo.Load(ctx, "ACC-001") // the snapshot and 5 events
	fmt.Println("account at", version, "with", account.Balance, err)
	// Output:
	// snapshot at 20 with 100 true <nil>
	// account at 25 with 125 <nil>
}
