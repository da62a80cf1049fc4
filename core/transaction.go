package core

import (
	"context"
	"errors"
	"fmt"
)

// transaction is a call of Transact.
type transaction[ID, Pos comparable, M any] struct {
	store   AtomicStore[ID, Pos, M]
	fn      func(ctx context.Context, tx *Tx) error
	retries int
	locks   txLocks
}

// run runs fn until its result is recorded, or must not be tried again. A result that
// comes from states of a cache which turn out to be old does not count.
func (t *transaction[ID, Pos, M]) run(ctx context.Context) (Version[Pos], error) {
	for attempt, fresh := 0, false; ; {
		tx := newTx(t.store, &t.locks, fresh, t.retries > 0)
		err := t.call(ctx, tx)
		v, again, err := t.finish(ctx, tx, err)
		if !again {
			return v, err
		}
		if fresh = true; tx.cached {
			continue
		}
		if attempt >= t.retries {
			return Version[Pos]{}, err
		}
		t.observeRetry(ctx, err)
		if err := t.locks.acquire(ctx, tx); err != nil {
			return Version[Pos]{}, err
		}
		if attempt > 0 {
			if err := shortBackoff.Wait(ctx, attempt-1); err != nil {
				return Version[Pos]{}, err
			}
		}
		attempt++
	}
}

// call runs fn. A misuse of tx is its error, whatever it returns.
func (t *transaction[ID, Pos, M]) call(ctx context.Context, tx *Tx) error {
	defer tx.end()
	err := t.fn(inTransaction(ctx, tx), tx)
	if misuse := tx.misused(); misuse != nil {
		return misuse
	}
	return err
}

// finish records what fn did, or returns its error. Again says that the error is due to
// what others wrote meanwhile.
func (t *transaction[ID, Pos, M]) finish(ctx context.Context, tx *Tx, refusal error) (v Version[Pos], again bool, err error) {
	if errors.Is(refusal, errMisuse) {
		return v, false, refusal
	}
	if refusal == nil && tx.writes() {
		v, err = t.commit(ctx, tx)
		if again = errors.Is(err, ErrConflict) || errors.Is(err, errCommandSeen); !again && !errors.Is(err, ErrTaken) {
			return v, false, err
		}
		refusal = err
	}
	if v, err := t.processed(ctx, tx); err != nil || !v.IsZero() {
		return v, false, err
	}
	if errors.Is(refusal, errCommandSeen) {
		return v, false, &CommandIDError{ID: tx.command.id}
	}
	if again {
		return v, true, refusal
	}
	current, err := tx.isCurrent(ctx)
	if err != nil {
		return v, false, err
	}
	return v, !current, refusal
}

// commit records what the transaction wrote, with guards of all that it read.
func (t *transaction[ID, Pos, M]) commit(ctx context.Context, tx *Tx) (v Version[Pos], err error) {
	var commits []Commit[ID, Pos, M]
	var claims []claim
	counts := make([]int, len(tx.parts))
	for i, p := range tx.parts {
		all, claimed, err := p.commits(ctx)
		if err != nil {
			return v, fmt.Errorf("transaction: %s: %w", p.name(), err)
		}
		part := all.([]Commit[ID, Pos, M])
		commits, claims, counts[i] = append(commits, part...), append(claims, claimed...), len(part)
	}
	for {
		entries, err := t.claim(ctx, claims)
		if err != nil {
			return v, err
		}
		all, err := t.withCommand(tx, append(commits[:len(commits):len(commits)], entries...))
		if err != nil {
			return v, err
		}
		answers, err := commitTo(ctx, t.store, all...)
		if err == nil {
			return t.recorded(ctx, tx, all, answers, counts), nil
		}
		if err = tx.explain(err, counts, len(entries)); !errors.Is(err, errValueMoved) {
			return v, err
		}
	}
}

// withCommand adds the entry of the command's id, if it has one.
func (t *transaction[ID, Pos, M]) withCommand(tx *Tx, commits []Commit[ID, Pos, M]) ([]Commit[ID, Pos, M], error) {
	if tx.command.id != "" {
		entry, err := commandEntry[ID, Pos, M](t.store, tx)
		if err != nil {
			return nil, err
		}
		commits = append(commits, entry)
	}
	if most, n := t.store.MaxEvents(), countEvents(commits); most > 0 && n > most {
		return nil, fmt.Errorf("transaction of %d events and guards, and the store takes %d: %w", n, most, ErrTooLarge)
	}
	return commits, nil
}

// recorded gives each part its answers, and returns the version of the last that was
// written.
func (t *transaction[ID, Pos, M]) recorded(ctx context.Context, tx *Tx, commits []Commit[ID, Pos, M], answers []Committed[ID, Pos, M], counts []int) (v Version[Pos]) {
	for i, a := range answers {
		if !commits[i].IsGuard() {
			v = At(a.Position)
		}
	}
	for i, p := range tx.parts {
		p.recorded(ctx, answers[:counts[i]:counts[i]])
		answers = answers[counts[i]:]
	}
	return v
}

// claim returns the entries that record claims to unique values.
func (t *transaction[ID, Pos, M]) claim(ctx context.Context, claims []claim) ([]Commit[ID, Pos, M], error) {
	if len(claims) == 0 {
		return nil, nil
	}
	store, ok := t.store.(SystemStore[ID, Pos, M])
	if !ok {
		return nil, errors.New("transaction: unique values need a store that is a SystemStore")
	}
	entries, err := claimEntries(ctx, store, claims)
	if err != nil {
		err = fmt.Errorf("transaction: %w", err)
	}
	return entries, err
}

// countEvents counts what a store has to record for commits.
func countEvents[ID, Pos comparable, M any](commits []Commit[ID, Pos, M]) (n int) {
	for _, c := range commits {
		n += max(1, len(c.Events))
	}
	return n
}
