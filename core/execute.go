package core

import (
	"context"
	"errors"
)

// request is a command as a verb was asked to run it.
type request[A any, Pos comparable] struct {
	cmd       Command[A]
	command   command       // its id and fingerprint; zero without an id
	mustBeNew bool          // the aggregate must have no events
	mustExist bool          // the aggregate must have events
	exactly   *Version[Pos] // the version that the aggregate must be at; nil for any
}

// run runs a command, and tells the observer of it.
func (r *Repository[A, ID, Pos, M]) run(ctx context.Context, verb string, id ID, q request[A, Pos]) (v Version[Pos], err error) {
	ctx, end := r.beginCommand(ctx, verb, id, q.cmd)
	if end != nil {
		err = errUnwound // if a panic or runtime.Goexit ends the command
		defer func() { end(err) }()
	}
	if q.mustBeNew {
		v, err = r.create(ctx, id, q)
	} else {
		v, err = r.execute(ctx, id, q)
	}
	err = r.wrap(verb, id, err)
	return v, err
}

// begin returns why the command cannot be run at all.
func (q *request[A, Pos]) begin(ctx context.Context) error {
	if q.cmd == nil {
		return ErrNilCommand
	}
	if isInTransaction(ctx) {
		return ErrInTransaction
	}
	q.command = commandOf(ctx, q.cmd)
	return nil
}

// execute runs a command until it is committed, or must not be tried again.
func (r *Repository[A, ID, Pos, M]) execute(ctx context.Context, id ID, q request[A, Pos]) (Version[Pos], error) {
	if err := q.begin(ctx); err != nil {
		return Version[Pos]{}, err
	}
	retries := r.retries
	if q.exactly != nil {
		retries = 0
	}
	lock := &commandLock[ID]{mutex: r.retrying, id: id}
	defer lock.release()
	if retries > 0 && r.retrying.held(id) {
		if err := lock.acquire(ctx); err != nil {
			return Version[Pos]{}, err
		}
	}
	if v, final, err := r.fromCache(ctx, id, q); final {
		return v, err
	}
	for attempt := 0; ; attempt++ {
		l, events, v, err := r.decideOnLoaded(ctx, id, q)
		if err != nil || !v.IsZero() {
			return v, err
		}
		if v, err = r.commit(ctx, id, l, events, q.command); !errors.Is(err, ErrConflict) {
			return v, err
		}
		if attempt >= retries {
			// The conflicting commit may have been this very command.
			if v, err := r.processed(ctx, id, q.command); err != nil || !v.IsZero() {
				return v, err
			}
			return l.version, err
		}
		r.observeRetry(ctx, err)
		if lock.held {
			err = shortBackoff.Wait(ctx, attempt)
		} else {
			err = lock.acquire(ctx)
		}
		if err != nil {
			return l.version, err
		}
	}
}

// decideOnLoaded loads the aggregate and lets the command decide. It returns a version
// in place of events if the command was processed before, and beside an error.
func (r *Repository[A, ID, Pos, M]) decideOnLoaded(ctx context.Context, id ID, q request[A, Pos]) (l loaded[A, Pos], events []Event, v Version[Pos], err error) {
	if l, err = r.load(ctx, id); err != nil {
		return l, nil, l.version, err
	}
	if v, err = l.commands.find(q.command); err != nil || !v.IsZero() {
		return l, nil, v, err
	}
	if q.mustExist && l.version.IsZero() {
		return l, nil, v, ErrNotFound
	}
	if q.exactly != nil && *q.exactly != l.version {
		return l, nil, l.version, &ConflictError[Pos]{Expected: *q.exactly, Actual: l.version}
	}
	if events, err = r.decide(l, q.cmd); err != nil {
		return l, nil, l.version, err
	}
	return l, events, v, nil
}

// fromCache runs a command on the cached state. The cached state may be old, so the
// result is final only if its events were committed.
func (r *Repository[A, ID, Pos, M]) fromCache(ctx context.Context, id ID, q request[A, Pos]) (v Version[Pos], final bool, err error) {
	if r.unchecked {
		return v, false, nil
	}
	l, ok := r.cache.get(ctx, id)
	if !ok || q.exactly != nil && *q.exactly != l.version {
		return v, false, nil
	}
	if v, err := l.commands.find(q.command); err != nil || !v.IsZero() {
		return v, true, err
	}
	events, err := r.decide(l, q.cmd)
	if err != nil || len(events) == 0 {
		return v, false, err
	}
	v, err = r.commit(ctx, id, l, events, q.command)
	return v, !errors.Is(err, ErrConflict) && !errors.Is(err, ErrTaken), err
}

// decide returns the events that cmd emits for l.
func (r *Repository[A, ID, Pos, M]) decide(l loaded[A, Pos], cmd Command[A]) ([]Event, error) {
	events, err := cmd.Handle(l.state)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if err := r.aggregate.Check(e); err != nil {
			return nil, err
		}
	}
	return events, nil
}
