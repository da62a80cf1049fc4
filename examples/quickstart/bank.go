package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

type (
	// Version is what an account is at: the position of its last event.
	Version = core.Version[uint64]
	stored  = core.StoredEvent[string, uint64, Meta]
)

// bank keeps accounts in a store of events.
type bank struct {
	store *jetstream.Store[string, Meta]
}

func key(id string) core.Key[string] { return core.Key[string]{Kind: "account", ID: id} }

// load folds an account from its events, and returns the version it is at. One
// without events is the zero Account at the zero Version.
func (b *bank) load(ctx context.Context, id string) (Account, Version, error) {
	var a Account
	var at Version
	k := key(id)
	for e, err := range b.store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &k}) {
		if err != nil {
			return a, at, fmt.Errorf("load account %s: %w", id, err)
		}
		event, err := b.decode(e)
		if err != nil {
			return a, at, err
		}
		a.apply(event)
		at = core.At(e.Position)
	}
	return a, at, nil
}

// decode returns a stored event as the type that its kind names.
func (b *bank) decode(e stored) (core.Event, error) {
	switch e.Kind {
	case Opened{}.EventKind():
		return core.Decode[Opened](b.store, e)
	case Deposited{}.EventKind():
		return core.Decode[Deposited](b.store, e)
	case Withdrawn{}.EventKind():
		return core.Decode[Withdrawn](b.store, e)
	}
	return nil, fmt.Errorf("unknown event kind %q", e.Kind)
}

// commit records events of an account, if it is at the version that the
// decision was made on. It returns the version the account is then at.
func (b *bank) commit(ctx context.Context, id string, at Version, teller string, events ...core.Event) (Version, error) {
	position, err := core.CommitEventsOptimistic(ctx, b.store, key(id), at, events, Meta{Teller: teller})
	if err != nil {
		return at, fmt.Errorf("commit to account %q: %w", id, err)
	}
	return core.At(position), nil
}

// move takes an amount from one account to another: both are changed, or none.
func (b *bank) move(ctx context.Context, from, to string, amount int, teller string) error {
	giver, giverAt, err := b.load(ctx, from)
	if err != nil {
		return err
	}
	_, takerAt, err := b.load(ctx, to)
	if err != nil {
		return err
	}
	withdrawn, err := giver.withdraw(amount)
	if err != nil {
		return fmt.Errorf("move from %s: %w", from, err)
	}
	meta := Meta{Teller: teller}
	_, err = b.store.Commit(ctx,
		core.Commit[string, uint64, Meta]{Key: key(from), Expected: giverAt, Events: []core.Event{withdrawn}, Metadata: meta},
		core.Commit[string, uint64, Meta]{Key: key(to), Expected: takerAt, Events: []core.Event{Deposited{amount}}, Metadata: meta},
	)
	if err != nil {
		return fmt.Errorf("move %d from %s to %s: %w", amount, from, to, err)
	}
	return nil
}
