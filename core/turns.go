package core

import (
	"cmp"
	"context"
	"slices"
)

// turns are the aggregates on which a transaction has its turn: commands and other
// transactions of the same repositories wait for it to end. They are taken in the order
// of their names, so that no two transactions wait for each other.
type turns struct {
	held     []turn
	conflict string // the name of the aggregate that a conflict was about
}

// turn is the right to go first on one aggregate.
type turn struct {
	name   string
	lock   func(ctx context.Context) (bool, error)
	unlock func()
	isHeld func() bool // by anyone
}

// leave ends all turns.
func (t *turns) leave() {
	for _, held := range t.held {
		held.unlock()
	}
	t.held = nil
}

// take waits for the turns on all that a transaction which was in conflict writes, and on
// what the conflict was about.
func (t *turns) take(ctx context.Context, tx *Tx) error {
	t.leave()
	var wanted []turn
	for _, p := range tx.parts {
		if p.writes() || p.name() == t.conflict {
			wanted = append(wanted, p.turn())
		}
	}
	slices.SortFunc(wanted, func(a, b turn) int { return cmp.Compare(a.name, b.name) })
	for _, w := range wanted {
		if err := t.wait(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// enter waits for a turn where another transaction or command has it because it is tried
// again. It does not where that might wait for this one.
func (t *turns) enter(ctx context.Context, w turn) error {
	if !w.isHeld() || len(t.held) > 0 && t.held[len(t.held)-1].name >= w.name {
		return nil
	}
	return t.wait(ctx, w)
}

func (t *turns) wait(ctx context.Context, w turn) error {
	locked, err := w.lock(ctx)
	if locked {
		t.held = append(t.held, w)
	}
	return err
}
