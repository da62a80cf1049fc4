//go:build unix

package main

import (
	"context"
	"encoding/json"
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

	mu        sync.Mutex     // guards the fields below
	tenures   int            // how often a worker got the lease
	tenure    map[string]int // of each worker, the last
	reactions []history.Reaction
}

// reactor returns a reactor that records that a worker reacts.
func (e *effects) reactor(worker string) *itemReactor {
	return reactor.Define("effects", reactor.On(func(ctx context.Context, input core.Recorded[placed, string, uint64, core.NoMetadata]) error {
		e.begin(ctx, worker, input.Position)
		sleep(ctx, effectTime)
		return nil
	})).WithPartitions(1) // in order
}

func (e *effects) begin(ctx context.Context, worker string, position uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reactions = append(e.reactions, history.Reaction{
		Worker: worker, Tenure: e.tenure[worker], Position: position, Began: e.now(), Late: ctx.Err() != nil,
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

// numberedLeases are leases that give each tenure of a worker a number: it begins when the
// worker writes down that it has the partition, and did not have it before.
type numberedLeases struct {
	reactor.Leases

	effects *effects
	worker  string

	mu   sync.Mutex // guards the fields below
	own  string     // the owner that the worker wrote last: itself
	lost bool       // it has read another one since
}

// ReadLease takes note of the owner of the partition.
func (l *numberedLeases) ReadLease(ctx context.Context, name string) ([]byte, uint64, error) {
	value, revision, err := l.Leases.ReadLease(ctx, name)
	if owner, ok := ownerIn(value); ok && err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lost = l.lost || owner != l.own
	}
	return value, revision, err
}

// WriteLease looks for another owner of the partition.
func (l *numberedLeases) WriteLease(ctx context.Context, name string, value []byte, revision uint64) (uint64, error) {
	written, err := l.Leases.WriteLease(ctx, name, value, revision)
	if owner, ok := ownerIn(value); ok && err == nil && l.isNew(owner) {
		l.effects.mu.Lock()
		l.effects.tenures++
		l.effects.tenure[l.worker] = l.effects.tenures
		l.effects.mu.Unlock()
	}
	return written, err
}

// isNew takes note of the owner that the worker has written, and reports whether that begins
// a tenure.
func (l *numberedLeases) isNew(owner string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	begins := l.lost || owner != l.own
	l.own, l.lost = owner, false
	return begins
}

// ownerIn returns the owner of the partition in a roster; false if the value is none.
func ownerIn(value []byte) (owner string, ok bool) {
	var roster struct {
		Partitions []struct{ Owner string }
	}
	if json.Unmarshal(value, &roster) != nil || len(roster.Partitions) == 0 {
		return "", false
	}
	return roster.Partitions[0].Owner, true
}
