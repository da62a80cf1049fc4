package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// Meta is recorded beside each event.
type Meta struct {
	User string `json:"user"`
}

// The application fixes the type parameters of the library here, once.
type (
	Snapshots = core.SnapshotStore[string, uint64]
	Accounts  = core.Repository[Account, string, uint64, Meta]
	Commit    = core.Commit[string, uint64, Meta]
	Version   = core.Version[uint64]
)

// Store is what the bank needs of a store: it commits to two accounts at once, and
// has an identifier, which is a part of the keys of snapshots.
type Store interface {
	core.AtomicStore[string, uint64, Meta]
	core.IdentifiedStore[string, uint64, Meta]
}

// Bank keeps accounts.
type Bank struct {
	*Accounts
	store Store
}

// NewBank returns the bank whose events are in store.
func NewBank(store Store, snapshots Snapshots) *Bank {
	accounts := core.NewRepository(store, account).
		WithSnapshots(snapshots).
		WithMetadataFrom(metadata).
		WithRetries(5)
	return &Bank{accounts, store}
}

// Transfer moves an amount from one account to another: both are changed, or
// none. It is decided on both accounts as they are, and if either changes in
// between, decided again.
func (b *Bank) Transfer(ctx context.Context, from, to string, amount int64) error {
	for {
		err := b.transfer(ctx, from, to, amount)
		if !errors.Is(err, core.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
}

func (b *Bank) transfer(ctx context.Context, from, to string, amount int64) error {
	out, err := b.decide(ctx, from, Withdraw{amount})
	if err != nil {
		return err
	}
	in, err := b.decide(ctx, to, Deposit{amount})
	if err != nil {
		return err
	}
	if _, err = b.store.Commit(ctx, out, in); err != nil {
		return fmt.Errorf("transfer from %s to %s: %w", from, to, err)
	}
	return nil
}

// decide lets a command decide, and records nothing yet.
func (b *Bank) decide(ctx context.Context, id string, cmd core.Command[Account]) (Commit, error) {
	a, version, err := b.Load(ctx, id)
	if err != nil {
		return Commit{}, err
	}
	events, err := cmd.Handle(a)
	if err != nil {
		return Commit{}, fmt.Errorf("transfer: account %s: %w", id, err)
	}
	key := core.Key[string]{Kind: account.Kind(), ID: id}
	return Commit{Key: key, Expected: version, Events: events, Metadata: metadata(ctx)}, nil
}

type userKey struct{}

// as returns a context in which user acts.
func as(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey{}, user)
}

// metadata tells who acts.
func metadata(ctx context.Context) Meta {
	user, _ := ctx.Value(userKey{}).(string)
	return Meta{User: user}
}
