package main

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// history shows the last events of an account as they are recorded.
func (b *bank) history(ctx context.Context) error {
	key := core.Key[string]{Kind: account.Kind(), ID: "ACC-001"}
	var events []core.StoredEvent[string, uint64, Meta]
	for e, err := range b.store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &key}) {
		if err == nil {
			err = e.MetadataErr
		}
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	b.print("history", "%v has %d events, the last 3 are", key, len(events))
	for _, e := range events[max(0, len(events)-3):] {
		b.print("", "%3d  %-18s %s by %s", e.Position, e.Kind, e.Data, e.Metadata.Teller)
	}
	return nil
}

// Balances is a read model of all accounts.
type Balances map[string]int

var balances = projection.Define("balances",
	projection.On(func(b *Balances, e Recorded[Deposited]) { (*b)[e.Key.ID] += e.Event.Amount }),
	projection.On(func(b *Balances, e Recorded[Withdrawn]) { (*b)[e.Key.ID] -= e.Event.Amount }),
).WithInit(func() Balances { return Balances{} })

func (b *bank) balances(ctx context.Context) error {
	all, err := projection.Load(ctx, b.store, balances)
	if err != nil {
		return err
	}
	for _, id := range ids {
		b.print("balance", "%s of %s has %3d", id, owners[id], all[id])
	}
	return nil
}
