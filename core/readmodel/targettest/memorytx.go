package targettest

import (
	"context"
	"errors"
	"slices"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Tx is a transaction of [Memory], also for functions. Only [Tx.End] ends it.
type Tx struct {
	target *Memory
	layout readmodel.Layout
	state  memoryState
	ctx    context.Context // ends the transaction
	failed bool            // a statement has failed
	over   bool
	ended  bool // by a function
}

// Set writes a row of a table.
func (t *Tx) Set(table, key, value string) {
	name := t.layout.Table(table)
	if t.state.tables[name] == nil {
		t.state.tables[name] = make(map[string]string)
	}
	t.state.tables[name][key] = value
}

// Get returns a row of a table.
func (t *Tx) Get(table, key string) string { return t.state.tables[t.layout.Table(table)][key] }

// Fail is a statement that fails.
func (t *Tx) Fail() error {
	t.failed = true
	return errors.New("statement failed")
}

// End commits what was done so far, as a function must not.
func (t *Tx) End() {
	t.target.mu.Lock()
	t.target.state = t.state
	t.target.mu.Unlock()
	t.ended = true
}

// Tx returns the transaction.
func (t *Tx) Tx() *Tx { return t }

// Begins is of no use here.
func (t *Tx) Begins(string, int) {}

// Lock returns the progress. Begin has waited for its turn.
func (t *Tx) Lock(ctx context.Context) (readmodel.Progress, bool, error) {
	p, ok := t.state.progress[t.layout]
	return p, ok, ctx.Err()
}

// Create writes the first progress.
func (t *Tx) Create(ctx context.Context, p readmodel.Progress) error {
	if _, ok := t.state.progress[t.layout]; ok {
		return errors.New("there is progress")
	}
	return t.Save(ctx, p)
}

// Save replaces the progress.
func (t *Tx) Save(ctx context.Context, p readmodel.Progress) error {
	t.state.progress[t.layout] = p
	return ctx.Err()
}

// Park keeps an event.
func (t *Tx) Park(ctx context.Context, p readmodel.Parked) error {
	t.state.parked[t.layout] = append(t.state.parked[t.layout], p)
	return ctx.Err()
}

// Unpark removes an event.
func (t *Tx) Unpark(ctx context.Context, position string) (bool, error) {
	parked := t.state.parked[t.layout]
	left := slices.DeleteFunc(slices.Clone(parked), func(p readmodel.Parked) bool { return p.Position == position })
	t.state.parked[t.layout] = left
	return len(left) < len(parked), ctx.Err()
}

// Commit makes the state of the transaction that of the target.
func (t *Tx) Commit(ctx context.Context) error {
	defer func() { _ = t.Rollback() }()
	switch {
	case t.over:
		return errors.New("transaction is over")
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case t.ctx.Err() != nil:
		return context.Cause(t.ctx)
	case t.ended:
		return readmodel.ErrTransactionEnded
	case t.failed:
		return errors.New("a statement failed")
	}
	t.target.mu.Lock()
	defer t.target.mu.Unlock()
	t.target.state = t.state
	return nil
}

// Rollback ends the transaction.
func (t *Tx) Rollback() error {
	if !t.over {
		t.over = true
		t.target.lock <- struct{}{}
	}
	if t.ended {
		return readmodel.ErrTransactionEnded
	}
	return nil
}
