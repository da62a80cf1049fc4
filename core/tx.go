package core

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Tx is a transaction under way: see [Transact]. It is of use only to the function that
// it was given to, until that returns, and to one goroutine at a time. Anything else is
// an error, and the transaction writes nothing.
type Tx struct {
	store   any // the EventStore
	locks   *txLocks
	command command
	parts   []txPart // in the order in which they were first used
	cached  bool     // a state came from a cache
	seen    bool     // an aggregate knows the command's id

	txMode
	txUse
}

// txMode is how a run of a transaction differs from the first one, after a conflict.
type txMode struct {
	fresh bool // nothing may come from a cache
	waits bool // it waits for its turn where others are in conflict
}

// txUse is how a transaction is used: in turn, and before it ends.
type txUse struct {
	busy   atomic.Bool
	ended  atomic.Bool
	misuse atomic.Pointer[txError]
}

// txPart is an aggregate that a transaction has used. The types of its identifiers and of
// its state are its own business.
type txPart interface {
	// key is its key as the store has it.
	key() any
	// name is "kind id".
	name() string
	// writes reports whether anything is to be recorded.
	writes() bool
	// commits returns what is to be recorded, a guard if that is nothing: a slice of
	// commits as the store takes them. The claims are recorded with it.
	commits(ctx context.Context) (any, []claim, error)
	// recorded is told the store's answers to them.
	recorded(ctx context.Context, answers any)
	// isCurrent reports whether the aggregate is still at the version that was read.
	isCurrent(ctx context.Context) (bool, error)
	lock() txLock
}

func newTx(store any, locks *txLocks, fresh, waits bool) *Tx {
	return &Tx{store: store, locks: locks, txMode: txMode{fresh, waits}}
}

// end ends the transaction: from here on its uses are errors.
func (tx *Tx) end() {
	tx.ended.Store(true)
	if !tx.busy.CompareAndSwap(false, true) {
		_ = tx.fail("its function has returned while it is in use")
	}
}

// writes reports whether anything is to be recorded.
func (tx *Tx) writes() bool {
	for _, p := range tx.parts {
		if p.writes() {
			return true
		}
	}
	return false
}

// find returns the part with a key; nil if there is none.
func (tx *Tx) find(key any) txPart {
	for _, p := range tx.parts {
		if p.key() == key {
			return p
		}
	}
	return nil
}

// isCurrent reports whether everything that was read is still so. One aggregate that was
// read from the store was, when it was read, and that is enough.
func (tx *Tx) isCurrent(ctx context.Context) (bool, error) {
	if len(tx.parts) < 2 && !tx.cached {
		return true, nil
	}
	for _, p := range tx.parts {
		if current, err := p.isCurrent(ctx); !current || err != nil {
			return false, err
		}
	}
	return true, nil
}

// explain returns the error of a commit with the name of the aggregate that it is about.
// Counts says how many commits were of each part, and claims how many came after them.
func (tx *Tx) explain(err error, counts []int, claims int) error {
	of, ok := errors.AsType[*CommitError](err)
	if !ok {
		return fmt.Errorf("transaction: %w", err)
	}
	i := of.Index
	for n, p := range tx.parts {
		if i -= counts[n]; i < 0 {
			tx.locks.conflict = p.name()
			return fmt.Errorf("transaction: %s: %w", p.name(), of.Err)
		}
	}
	if i < claims {
		return errValueMoved
	}
	return fmt.Errorf("transaction: %s: %w", of.Target, of.Err) // the entry of its command id
}

// errValueMoved says that a unique value changed hands meanwhile.
var errValueMoved = errors.New("a unique value changed hands")

type txKey struct{}

// inTransaction returns the context of a transaction's function.
func inTransaction(ctx context.Context, tx *Tx) context.Context {
	return context.WithValue(ctx, txKey{}, tx)
}

// isInTransaction reports whether ctx is that of a transaction under way.
func isInTransaction(ctx context.Context) bool {
	tx, ok := ctx.Value(txKey{}).(*Tx)
	return ok && !tx.ended.Load()
}
