package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// Meta is recorded beside each event.
type Meta struct {
	Teller string `json:"teller"`
}

// An application declares its aliases once.
type (
	Store                  = jetstream.Store[string, Meta]
	Recorded[E core.Event] = core.Recorded[E, string, uint64, Meta]
	Repository             = core.Repository[Account, string, uint64, Meta]
)

// bank runs commands on accounts, and prints what came of them.
type bank struct {
	store    *Store
	accounts *Repository
	out      io.Writer
}

func newBank(store *Store, out io.Writer) *bank {
	return &bank{store, core.NewRepository(store, account).WithMetadata(Meta{"counter"}), out}
}

func (b *bank) print(what, format string, args ...any) {
	_, _ = fmt.Fprintf(b.out, "%-9s %s\n", what, fmt.Sprintf(format, args...))
}

// run does one day's work.
func (b *bank) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.open, b.deposit, b.meet, b.transfer, b.refuse, b.history, b.balances} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

var owners = map[string]string{"ACC-001": "Ada", "ACC-002": "Bob"}

var ids = []string{"ACC-001", "ACC-002"}

// open opens the accounts, or finds them as an earlier run left them.
func (b *bank) open(ctx context.Context) error {
	for _, id := range ids {
		version, err := b.accounts.Create(ctx, id, Open{Owner: owners[id]})
		if errors.Is(err, core.ErrExists) {
			a, version, err := b.accounts.Load(ctx, id)
			if err != nil {
				return err
			}
			b.print("go on", "%s of %s has %3d from the last run, at version %v", id, a.Owner, a.Balance, version)
			continue
		}
		if err != nil {
			return err
		}
		b.print("open", "%s for %s, now at version %v", id, owners[id], version)
	}
	return nil
}

func (b *bank) deposit(ctx context.Context) error {
	for _, id := range ids {
		version, err := b.accounts.Update(ctx, id, Deposit{[]int{70, 30}})
		if err != nil {
			return err
		}
		b.print("deposit", "70 and 30 to %s, now at version %v", id, version)
	}
	return nil
}

// transfer changes both accounts or none.
func (b *bank) transfer(ctx context.Context) error {
	accounts := b.accounts.WithMetadata(Meta{"transfer"})
	_, err := core.Transact(ctx, b.store, func(ctx context.Context, tx *core.Tx) error {
		if err := accounts.In(tx).Update(ctx, "ACC-001", Withdraw{25}); err != nil {
			return err
		}
		return accounts.In(tx).Update(ctx, "ACC-002", Deposit{[]int{25}})
	})
	if err != nil {
		return err
	}
	b.print("transfer", "25 from ACC-001 to ACC-002, in one atomic commit")
	return nil
}
