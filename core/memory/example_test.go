package memory_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type Deposited struct{ Amount int }

func (Deposited) EventKind() string { return "account.deposited" }

func ExampleNew() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	account := core.Key[string]{Kind: "account", ID: "ACC-001"}

	position, err := core.CommitEvents(ctx, store, account, []core.Event{Deposited{100}, Deposited{20}}, core.NoMetadata{})
	fmt.Println(position, err)

	for stored, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &account}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		event, err := core.Decode[Deposited](store, stored)
		fmt.Println(stored.Position, stored.Kind, event.Amount, err)
	}
	// Output:
	// 2 <nil>
	// 1 account.deposited 100 <nil>
	// 2 account.deposited 20 <nil>
}

// Money moves from one account to another, or not at all.
func ExampleStore_Commit() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	type commit = core.Commit[string, uint64, core.NoMetadata]

	transfer := []commit{
		{Key: core.Key[string]{Kind: "account", ID: "ACC-001"}, Events: []core.Event{Deposited{-30}}},
		{Key: core.Key[string]{Kind: "account", ID: "ACC-002"}, Events: []core.Event{Deposited{30}}},
	}
	committed, err := store.Commit(ctx, transfer...)
	fmt.Println(committed[0].Position, committed[1].Position, err)

	_, err = store.Commit(ctx, transfer...)
	fmt.Println(errors.Is(err, core.ErrConflict), err)
	// Output:
	// 1 2 <nil>
	// true commit 1 of 2, to account ACC-001: version conflict: expected no events, aggregate is at 1
}

// Power fails inside a transfer: nothing of it counts, and the accounts go on.
func ExampleStore_TearNext() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	transfer := []core.Commit[string, uint64, core.NoMetadata]{
		{Key: core.Key[string]{Kind: "account", ID: "ACC-001"}, Events: []core.Event{Deposited{-30}}},
		{Key: core.Key[string]{Kind: "account", ID: "ACC-002"}, Events: []core.Event{Deposited{30}}},
	}
	store.TearNext(1)
	_, err := store.Commit(ctx, transfer...)
	fmt.Println(errors.Is(err, core.ErrUnknownOutcome))

	version, err := store.Version(ctx, transfer[0].Key)
	fmt.Println(version.IsZero(), err)

	committed, err := store.Commit(ctx, transfer...)
	fmt.Println(committed[0].Position, committed[1].Position, err)
	// Output:
	// true
	// true <nil>
	// 2 3 <nil>
}
