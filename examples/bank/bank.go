package main

import (
	"context"

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
	_, err := core.Transact(ctx, b.store, func(ctx context.Context, tx *core.Tx) error {
		accounts := b.In(tx)
		if err := accounts.Update(ctx, from, Withdraw{amount}); err != nil {
			return err
		}
		return accounts.Update(ctx, to, Deposit{amount})
	})
	return err
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
