package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// meet has two tellers decide on the same version of an account.
func (b *bank) meet(ctx context.Context) error {
	const id = "ACC-001"
	first := b.accounts.WithMetadata(Meta{"first"})
	second := b.accounts.WithMetadata(Meta{"second"})
	// late is slow: while it decides for the first time, the first teller is faster.
	// Any other command would leave the aggregate alone.
	decided := false
	late := core.CommandFunc[Account](func(a Account) ([]core.Event, error) {
		if !decided {
			decided = true
			if _, err := first.Update(ctx, id, Withdraw{20}); err != nil {
				return nil, err
			}
		}
		return Withdraw{5}.Handle(a)
	})
	_, err := second.Update(ctx, id, late)
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	if !ok {
		return fmt.Errorf("the second teller was not refused: %w", err)
	}
	b.print("meet", "two tellers load %s, both at version %v, and the first withdraws 20", id, conflict.Expected)
	b.print("", "the second is refused: it expected version %v, the account is at %v", conflict.Expected, conflict.Actual)

	decided = false
	version, err := second.WithRetries(1).Update(ctx, id, late)
	if err != nil {
		return err
	}
	b.print("", "with a retry it decides again on what is true now, and withdraws 5: version %v", version)
	return nil
}

// refuse makes mistakes. Each is an error of its own.
func (b *bank) refuse(ctx context.Context) error {
	_, err := b.accounts.Update(ctx, "ACC-002", Withdraw{1_000_000})
	overdrawn, ok := errors.AsType[*OverdrawnError](err)
	if !ok {
		return fmt.Errorf("overdrawing was not refused: %w", err)
	}
	b.print("refuse", "by the account: overdrawn by %d", overdrawn.Amount-overdrawn.Balance)
	for _, mistake := range []func() error{
		func() error { _, err := b.accounts.Create(ctx, "", Open{}); return err },
		func() error { _, err := b.accounts.Update(ctx, "ACC-003", Withdraw{1}); return err },
	} {
		err := mistake()
		if !errors.Is(err, core.ErrName) && !errors.Is(err, core.ErrNotFound) {
			return fmt.Errorf("a mistake was not refused: %w", err)
		}
		b.print("", "by the repository: %v", err)
	}
	return nil
}
