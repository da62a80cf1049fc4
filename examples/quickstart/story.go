package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jetsource/jetsource/core"
)

// teller tells the story, each line under the verb that it is about.
type teller struct {
	*bank
	out io.Writer
}

func (t *teller) say(verb, format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, "%-9s %s\n", verb, fmt.Sprintf(format, args...))
}

// story is one run of the program.
func story(ctx context.Context, b *bank, out io.Writer) error {
	t := &teller{b, out}
	for _, chapter := range []func(context.Context) error{t.open, t.deposit, t.meet, t.transfer, t.refuse, t.history, t.balances} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

var accounts = []struct{ id, owner string }{{"ACC-001", "Ada"}, {"ACC-002", "Bob"}}

// open opens the accounts, or finds them as an earlier run left them.
func (t *teller) open(ctx context.Context) error {
	for _, acc := range accounts {
		a, at, err := t.load(ctx, acc.id)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			t.say("go on", "%s of %s has %3d from the last run, at version %v", acc.id, a.Owner, a.Balance, at)
			continue
		}
		// The zero version expects an account without events: nobody else can
		// have opened it.
		if at, err = t.commit(ctx, acc.id, at, "counter", Opened{Owner: acc.owner}); err != nil {
			return err
		}
		t.say("open", "%s for %s, now at version %v", acc.id, acc.owner, at)
	}
	return nil
}

func (t *teller) deposit(ctx context.Context) error {
	for _, acc := range accounts {
		_, at, err := t.load(ctx, acc.id)
		if err != nil {
			return err
		}
		// Several events of one commit are recorded all or none.
		if at, err = t.commit(ctx, acc.id, at, "counter", Deposited{70}, Deposited{30}); err != nil {
			return err
		}
		t.say("deposit", "70 and 30 to %s, now at version %v", acc.id, at)
	}
	return nil
}

// meet has two writers decide on the same version of an account.
func (t *teller) meet(ctx context.Context) error {
	const id = "ACC-001"
	a, at, err := t.load(ctx, id)
	if err != nil {
		return err
	}
	first, err := a.withdraw(20)
	if err != nil {
		return err
	}
	second, err := a.withdraw(5)
	if err != nil {
		return err
	}
	t.say("meet", "two writers load %s, both at version %v", id, at)
	now, err := t.commit(ctx, id, at, "first", first)
	if err != nil {
		return err
	}
	t.say("", "the first withdraws %d, now at version %v", first.Amount, now)

	_, err = t.commit(ctx, id, at, "second", second)
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	if !ok {
		return fmt.Errorf("the second writer was not refused: %w", err)
	}
	t.say("", "the second is refused: it expected version %v, the account is at %v", conflict.Expected, conflict.Actual)

	// It loads again and decides again, on what is true now.
	if a, at, err = t.load(ctx, id); err != nil {
		return err
	}
	if second, err = a.withdraw(5); err != nil {
		return err
	}
	if now, err = t.commit(ctx, id, at, "second", second); err != nil {
		return err
	}
	t.say("", "the second loads again and withdraws %d, now at version %v", second.Amount, now)
	return nil
}

func (t *teller) transfer(ctx context.Context) error {
	if err := t.move(ctx, "ACC-001", "ACC-002", 25, "transfer"); err != nil {
		return err
	}
	t.say("transfer", "25 from ACC-001 to ACC-002, in one atomic commit")
	return nil
}

// refuse tries what cannot be. Each mistake is an error of its own type.
func (t *teller) refuse(ctx context.Context) error {
	err := t.move(ctx, "ACC-002", "ACC-001", 1_000_000, "transfer")
	overdrawn, ok := errors.AsType[*OverdrawnError](err)
	if !ok {
		return fmt.Errorf("overdrawing was not refused: %w", err)
	}
	t.say("refuse", "by the account: overdrawn by %d", overdrawn.Amount-overdrawn.Balance)

	_, err = t.commit(ctx, "", Version{}, "counter", Opened{Owner: "Nobody"})
	name, ok := errors.AsType[*core.NameError](err)
	if !ok {
		return fmt.Errorf("an empty id was not refused: %w", err)
	}
	t.say("", "by the store: %v", name)

	_, err = t.commit(ctx, "ACC-003", Version{}, "counter")
	if !errors.Is(err, core.ErrNoEvents) {
		return fmt.Errorf("a commit of nothing was not refused: %w", err)
	}
	t.say("", "by the store: %v", core.ErrNoEvents)
	return nil
}

// history shows the last events of an account as they are recorded.
func (t *teller) history(ctx context.Context) error {
	k := key("ACC-001")
	var events []stored
	for e, err := range t.store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &k}) {
		if err != nil {
			return fmt.Errorf("load account %s: %w", k.ID, err)
		}
		events = append(events, e)
	}
	t.say("history", "%s has %d events, the last 3 are", k.ID, len(events))
	for _, e := range events[max(0, len(events)-3):] {
		event, err := t.decode(e)
		if err != nil {
			return err
		}
		t.say("", "%3d  %-18s %+v by %s", e.Position, e.Kind, event, e.Metadata.Teller)
	}
	return nil
}

func (t *teller) balances(ctx context.Context) error {
	for _, acc := range accounts {
		a, at, err := t.load(ctx, acc.id)
		if err != nil {
			return err
		}
		t.say("balance", "%s of %s has %3d at version %v", acc.id, a.Owner, a.Balance, at)
	}
	return nil
}
