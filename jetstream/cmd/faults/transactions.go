//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// The store with transactions has pairs of purses, of which each may owe, but not the
// pair; and guests with names, of which no two are the same.
type (
	paid struct {
		Step   string
		Amount int
	}
	called struct{ Step, Name string }
)

// EventKind names the event.
func (paid) EventKind() string { return "purse.paid" }

// EventKind names the event.
func (called) EventKind() string { return "guest.called" }

var (
	purse = core.DefineAggregate("purse", core.On(func(has *int, e paid) { *has += e.Amount }))
	guest = core.DefineAggregate("guest", core.On(func(name *string, e called) { *name = e.Name })).
		WithUnique("guest.name", func(name string) string { return name })
)

const (
	pairCount  = 4
	guestCount = 6
	nameCount  = 8 // few, so that guests want the same
)

// errPoor and errKept are the reasons why a transaction writes nothing.
var (
	errPoor = errors.New("the pair has not enough")
	errKept = errors.New("nothing to do")
)

// transactions are the clients of the store with transactions.
type transactions struct {
	clients []*client

	mu    sync.Mutex // guards steps
	steps []history.Step
}

// transactionsSuffix makes the name of their stream from that of the first store.
const transactionsSuffix = "_TRANSACTIONS"

// startTransactions opens a store for each client, and starts their threads.
func (r *run) startTransactions(ctx context.Context, g *group) error {
	if r.options.load.size.transactions == 0 {
		return nil
	}
	t := &transactions{}
	for i := range r.options.load.size.transactions {
		c, err := r.openClient(ctx, r.stream+transactionsSuffix, fmt.Sprintf("transactions%d", i), i, r.cluster.URLs(i), newRecorder())
		if err != nil {
			return err
		}
		t.clients = append(t.clients, c)
		for thread := range 2 {
			rng := rand.New(rand.NewPCG(r.options.load.seed, uint64(3000+10*i+thread)))
			g.run(func(loading context.Context) { t.run(loading, ctx, c.store, fmt.Sprintf("%s-%d", c.name, thread), rng) })
		}
	}
	r.transactions = t
	return nil
}

// run makes steps until ctx ends. A step that has begun ends with ops.
func (t *transactions) run(ctx, ops context.Context, s *store, thread string, rng *rand.Rand) {
	purses, guests := core.NewRepository(s, purse), core.NewRepository(s, guest).WithRetries(100)
	for n := 0; ctx.Err() == nil; n++ {
		step := fmt.Sprintf("%s-%d", thread, n)
		t.try(ops, step, rng, func(ctx context.Context) error {
			if rng.IntN(3) > 0 {
				return payFromPair(ctx, s, purses, step, rng)
			}
			return callGuest(ctx, s, guests, step, rng)
		})
		sleep(ctx, time.Duration(rng.IntN(40))*time.Millisecond)
	}
}

// try makes a step and takes note of its outcome.
func (t *transactions) try(ctx context.Context, step string, rng *rand.Rand, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, randomTimeout(rng))
	defer cancel()
	s := history.Step{ID: step, Outcome: history.Rejected}
	switch err := do(ctx); {
	case err == nil:
		s.Outcome = history.Acked
	case errors.Is(err, core.ErrUnknownOutcome):
		s.Outcome = history.Ambiguous
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, s)
}

// payFromPair pays into one purse of a pair, or takes from it if both have enough. What
// it takes depends on the other one, which it only reads.
func payFromPair(ctx context.Context, s *store, purses *core.Repository[int, string, uint64, core.NoMetadata], step string, rng *rand.Rand) error {
	pair, mine, by := rng.IntN(pairCount), rng.IntN(2), rng.IntN(12)-7
	one, other := fmt.Sprintf("%d/%d", pair, mine), fmt.Sprintf("%d/%d", pair, 1-mine)
	_, err := core.Transact(ctx, s, func(ctx context.Context, tx *core.Tx) error {
		theirs, _, err := purses.In(tx).Load(ctx, other)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return err
		}
		return purses.In(tx).Upsert(ctx, one, core.CommandFunc[int](func(has int) ([]core.Event, error) {
			if has+theirs+by < 0 {
				return nil, errPoor
			}
			return []core.Event{paid{step, by}}, nil
		}))
	}, core.Retries(100))
	return err
}

// callGuest gives a guest another name, or has two guests swap theirs.
func callGuest(ctx context.Context, s *store, guests *core.Repository[string, string, uint64, core.NoMetadata], step string, rng *rand.Rand) error {
	a, b := fmt.Sprint(rng.IntN(guestCount)), fmt.Sprint(rng.IntN(guestCount))
	rename := func(to string) core.Command[string] {
		return core.CommandFunc[string](func(name string) ([]core.Event, error) {
			if name == to {
				return nil, errKept
			}
			return []core.Event{called{step, to}}, nil
		})
	}
	if rng.IntN(3) > 0 || a == b {
		_, err := guests.Upsert(ctx, a, rename(fmt.Sprint("name-", rng.IntN(nameCount))))
		return err
	}
	_, err := core.Transact(ctx, s, func(ctx context.Context, tx *core.Tx) error {
		first, _, err := guests.In(tx).Load(ctx, a)
		second, _, err2 := guests.In(tx).Load(ctx, b)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		return errors.Join(guests.In(tx).Update(ctx, a, rename(second)), guests.In(tx).Update(ctx, b, rename(first)))
	}, core.Retries(100))
	return err
}
