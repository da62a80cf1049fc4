package core

import (
	"context"
	"errors"
)

func (r *Repository[A, ID, Pos, M]) create(ctx context.Context, id ID, q request[A, Pos]) (Version[Pos], error) {
	var none loaded[A, Pos]
	if err := q.begin(ctx); err != nil {
		return none.version, err
	}
	events, refusal := r.decide(none, q.cmd)
	if refusal == nil {
		v, err := r.commitFirst(ctx, id, events, q.command)
		switch {
		case errors.Is(err, ErrConflict):
			refusal = ErrExists
		case errors.Is(err, ErrTaken):
			refusal = err
		default:
			return v, err
		}
	}
	// The aggregate may exist by this very command, which then was answered before.
	if v, err := r.processed(ctx, id, q.command); err != nil || !v.IsZero() {
		return v, err
	}
	return none.version, refusal
}

// commitFirst commits the first events of an aggregate. Where that would store a key, it looks
// before that whether there are events already.
func (r *Repository[A, ID, Pos, M]) commitFirst(ctx context.Context, id ID, events []Event, of command) (Version[Pos], error) {
	var none loaded[A, Pos]
	if r.journal.needsKey(events) {
		at, err := r.journal.version(ctx, r.key(id))
		if err == nil && !at.IsZero() {
			err = &ConflictError[Pos]{Expected: none.version, Actual: at}
		}
		if err != nil {
			return none.version, err
		}
	}
	return r.commit(ctx, id, none, events, of)
}
