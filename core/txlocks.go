package core

import (
	"cmp"
	"context"
	"slices"
)

// txLocks are the aggregates that a transaction has to itself in this process: commands and
// other transactions of the same repositories wait for it to end. They are locked in the
// order of their names, so that no two transactions wait for each other.
type txLocks struct {
	held     []txLock
	conflict string // the name of the aggregate that a conflict was about
}

// txLock is the lock of one aggregate.
type txLock struct {
	name   string
	lock   func(ctx context.Context) (bool, error)
	unlock func()
	isHeld func() bool // by anyone
}

// release unlocks all.
func (l *txLocks) release() {
	for _, held := range l.held {
		held.unlock()
	}
	l.held = nil
}

// acquire locks all that a transaction which was in conflict writes, and what the conflict
// was about.
func (l *txLocks) acquire(ctx context.Context, tx *Tx) error {
	l.release()
	var wanted []txLock
	for _, p := range tx.parts {
		if p.writes() || p.name() == l.conflict {
			wanted = append(wanted, p.lock())
		}
	}
	slices.SortFunc(wanted, func(a, b txLock) int { return cmp.Compare(a.name, b.name) })
	for _, w := range wanted {
		if err := l.wait(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// waitIfHeld locks an aggregate that another transaction or command holds, because that is
// tried again. It does not where it might wait for this one.
func (l *txLocks) waitIfHeld(ctx context.Context, w txLock) error {
	if !w.isHeld() || len(l.held) > 0 && l.held[len(l.held)-1].name >= w.name {
		return nil
	}
	return l.wait(ctx, w)
}

func (l *txLocks) wait(ctx context.Context, w txLock) error {
	locked, err := w.lock(ctx)
	if locked {
		l.held = append(l.held, w)
	}
	return err
}
