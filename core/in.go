package core

import (
	"context"
)

// InTx is a repository within a transaction: its verbs read now, and what they write is
// recorded with all else when the transaction's function has returned. A command sees what
// the commands before it have emitted. Commands are always checked, also those of a
// repository that is [Repository.Unchecked].
type InTx[A any, ID, Pos comparable, M any] struct {
	repo *Repository[A, ID, Pos, M]
	tx   *Tx
}

// In returns the repository within a transaction of its store.
func (r *Repository[A, ID, Pos, M]) In(tx *Tx) InTx[A, ID, Pos, M] {
	return InTx[A, ID, Pos, M]{r, tx}
}

// Load returns the aggregate, with what the transaction has emitted for it, and the version
// that the store has; or [ErrNotFound]. The transaction is not recorded if the aggregate
// changes before it is. What the state refers to belongs to the transaction: it must not be
// changed, and a command on the aggregate changes it.
func (i InTx[A, ID, Pos, M]) Load(ctx context.Context, id ID) (state A, v Version[Pos], err error) {
	err = i.use(ctx, id, false, func(p *txAggregate[A, ID, Pos, M]) error {
		v = p.version
		if !p.exists() {
			return ErrNotFound
		}
		state, err = p.state()
		return err
	})
	return state, v, i.repo.wrap("load", id, err)
}

// Create runs cmd on an aggregate that must not exist, or returns [ErrExists]. Nothing is
// loaded: that it exists may show when the transaction is recorded, which then runs again.
func (i InTx[A, ID, Pos, M]) Create(ctx context.Context, id ID, cmd Command[A]) error {
	err := i.use(ctx, id, !i.tx.fresh, func(p *txAggregate[A, ID, Pos, M]) error {
		if p.exists() {
			return ErrExists
		}
		return p.run(ctx, cmd)
	})
	return i.repo.wrap("create", id, err)
}

// Update runs cmd on an aggregate that must exist, or returns [ErrNotFound].
func (i InTx[A, ID, Pos, M]) Update(ctx context.Context, id ID, cmd Command[A]) error {
	err := i.use(ctx, id, false, func(p *txAggregate[A, ID, Pos, M]) error {
		if !p.exists() {
			return ErrNotFound
		}
		return p.run(ctx, cmd)
	})
	return i.repo.wrap("update", id, err)
}

// Upsert runs cmd on an aggregate that may or may not exist.
func (i InTx[A, ID, Pos, M]) Upsert(ctx context.Context, id ID, cmd Command[A]) error {
	err := i.use(ctx, id, false, func(p *txAggregate[A, ID, Pos, M]) error { return p.run(ctx, cmd) })
	return i.repo.wrap("upsert", id, err)
}

// use calls f with the part of an aggregate, which is loaded unless it is taken for new.
func (i InTx[A, ID, Pos, M]) use(ctx context.Context, id ID, asNew bool, f func(*txAggregate[A, ID, Pos, M]) error) error {
	if err := i.tx.enter(i.repo.journal.isOf(i.tx.store)); err != nil {
		return err
	}
	defer i.tx.leave()
	p := &txAggregate[A, ID, Pos, M]{tx: i.tx, repo: i.repo, id: id}
	if known := i.tx.find(p.key()); known != nil {
		same, ok := known.(*txAggregate[A, ID, Pos, M])
		if !ok || same.repo.aggregate != i.repo.aggregate {
			return i.tx.fail("two repositories with states of two types use " + p.name())
		}
		return f(same)
	}
	if i.tx.waits {
		if err := i.tx.locks.waitIfHeld(ctx, p.lock()); err != nil {
			return err
		}
	}
	if !asNew {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	if err := p.start(); err != nil {
		return err
	}
	i.tx.parts = append(i.tx.parts, p)
	return f(p)
}
