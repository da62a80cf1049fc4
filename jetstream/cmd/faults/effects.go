//go:build unix

package main

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// effectTime is how long a reaction with an effect takes.
const effectTime = 3 * time.Millisecond

// effects records the reactions of workers that take turns, in the order in which they
// begin.
type effects struct {
	now func() time.Duration

	mu        sync.Mutex // guards the fields below
	tenures   int        // how often a worker got the lease
	reactions []history.Reaction
}

type tenureKey struct{}

// reactor returns a reactor that records that a worker reacts.
func (e *effects) reactor(worker string) *itemReactor {
	return reactor.Define("effects", reactor.On(func(ctx context.Context, input core.Recorded[placed, string, uint64, core.NoMetadata]) error {
		e.begin(ctx, worker, input.Position)
		sleep(ctx, effectTime)
		return nil
	}))
}

func (e *effects) begin(ctx context.Context, worker string, position uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	tenure, _ := ctx.Value(tenureKey{}).(int)
	e.reactions = append(e.reactions, history.Reaction{
		Worker: worker, Tenure: tenure, Position: position, Began: e.now(), Late: ctx.Err() != nil,
	})
}

// last returns the reaction that began last, none if there was no reaction.
func (e *effects) last() history.Reaction {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.reactions) == 0 {
		return history.Reaction{}
	}
	return e.reactions[len(e.reactions)-1]
}

// count returns the number of reactions.
func (e *effects) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.reactions)
}

// numberedLease is a lease that gives each tenure a number, which is in its context.
type numberedLease struct {
	reactor.Lease

	effects *effects
}

// Hold runs fn while it has the lease.
func (l numberedLease) Hold(ctx context.Context, name string, fn func(context.Context) error) error {
	return l.Lease.Hold(ctx, name, func(ctx context.Context) error {
		l.effects.mu.Lock()
		l.effects.tenures++
		ctx = context.WithValue(ctx, tenureKey{}, l.effects.tenures)
		l.effects.mu.Unlock()
		return fn(ctx)
	})
}
