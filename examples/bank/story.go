package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// story tells what the bank does, each line under the word that it is about.
type story struct {
	*Bank
	snapshots Snapshots
	out       io.Writer
}

func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{s.open, s.refuse, s.payTwice, s.rush, s.transfer, s.closeDown, s.history} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) say(word, format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "%-9s %s\n", word, fmt.Sprintf(format, args...))
}

func (s *story) open(ctx context.Context) error {
	for _, owner := range []string{"ada", "bob"} {
		v, err := s.Create(as(ctx, owner), owner, Open{Owner: owner})
		if err != nil {
			return err
		}
		s.say("open", "%s, by %s, at version %v", owner, owner, v)
	}
	v, err := s.Update(as(ctx, "teller"), "ada", Deposit{Amount: 100})
	if err != nil {
		return err
	}
	s.say("deposit", "100 to ada, by teller, at version %v", v)
	return nil
}

// refuse shows errors that a program can tell apart.
func (s *story) refuse(ctx context.Context) error {
	_, again := s.Create(ctx, "ada", Open{Owner: "eve"})
	_, unknown := s.Update(ctx, "eve", Deposit{Amount: 1})
	_, overdrawn := s.Update(ctx, "ada", Withdraw{Amount: 101})
	if !errors.Is(again, core.ErrExists) || !errors.Is(unknown, core.ErrNotFound) || !errors.Is(overdrawn, ErrFunds) {
		return fmt.Errorf("not refused as it should be: %w", errors.Join(again, unknown, overdrawn))
	}
	s.say("refuse", "%v", again)
	s.say("", "%v", unknown)
	s.say("", "%v", overdrawn)
	return nil
}

// payTwice sends a payment again, as one does whose answer was lost.
func (s *story) payTwice(ctx context.Context) error {
	ctx = core.WithCommandID(as(ctx, "ada"), "payment-7")
	for range 2 {
		v, err := s.Update(ctx, "ada", Withdraw{Amount: 30})
		if err != nil {
			return err
		}
		s.say("pay", "30 from ada as payment-7, at version %v", v)
	}
	a, _, err := s.Load(ctx, "ada")
	if err != nil {
		return err
	}
	s.say("", "the payment was sent twice and paid once: ada has %d", a.Balance)
	return nil
}

// rush has four tellers pay into one account at once. Who is too late decides
// again.
func (s *story) rush(ctx context.Context) error {
	const tellers, deposits = 4, 30
	errs := make([]error, tellers)
	var wg sync.WaitGroup
	for i := range tellers {
		wg.Go(func() {
			for range deposits {
				if _, err := s.WithRetries(1000).Update(as(ctx, "teller"), "bob", Deposit{Amount: 1}); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b, _, err := s.Load(ctx, "bob")
	if err != nil {
		return err
	}
	s.say("rush", "%d tellers deposit 1 to bob %d times each: bob has %d", tellers, deposits, b.Balance)

	var state Account
	key := core.SnapshotKey[string]{Store: s.store.StoreID(), Role: core.AggregateSnapshot, Kind: account.Kind(), ID: "bob"}
	if _, ok, err := s.snapshots.LoadSnapshot(ctx, key, &state); err != nil || !ok {
		return fmt.Errorf("no snapshot of bob: %w", err)
	}
	s.say("snapshot", "there is one of bob by now, so a load reads only the events after it")
	return nil
}

func (s *story) transfer(ctx context.Context) error {
	ctx = as(ctx, "ada")
	if err := s.Transfer(ctx, "ada", "bob", 25); err != nil {
		return err
	}
	s.say("transfer", "25 from ada to bob, in one commit")
	err := s.Transfer(ctx, "ada", "bob", 1000)
	if !errors.Is(err, ErrFunds) {
		return fmt.Errorf("overdrawing was not refused: %w", err)
	}
	s.say("refuse", "%v", err)
	return nil
}

func (s *story) closeDown(ctx context.Context) error {
	ctx = as(ctx, "ada")
	if err := s.Transfer(ctx, "ada", "bob", 45); err != nil {
		return err
	}
	v, err := s.Update(ctx, "ada", Close{})
	if err != nil {
		return err
	}
	again, err := s.Update(ctx, "ada", Close{})
	if err != nil {
		return err
	}
	s.say("close", "ada, at version %v; to close it again is nothing to do: still at %v", v, again)
	err = s.Transfer(ctx, "bob", "ada", 1)
	if !errors.Is(err, ErrClosed) {
		return fmt.Errorf("a transfer to a closed account was not refused: %w", err)
	}
	s.say("refuse", "%v", err)
	return nil
}

// history shows what is recorded of ada.
func (s *story) history(ctx context.Context) error {
	key := core.Key[string]{Kind: account.Kind(), ID: "ada"}
	word := "history"
	for e, err := range s.store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &key}) {
		if err == nil {
			err = e.MetadataErr // who did it is part of what is shown
		}
		if err != nil {
			return err
		}
		s.say(word, "%3d  %-18s %-16s by %s", e.Position, e.Kind, e.Data, e.Metadata.User)
		word = ""
	}
	return nil
}
