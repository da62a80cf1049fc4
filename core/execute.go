package core

import (
	"context"
	"errors"
)

func (r *Repository[A, ID, Pos, M]) create(ctx context.Context, id ID, cmd Command[A]) (Version[Pos], error) {
	var none loaded[A, Pos]
	if cmd == nil {
		return none.version, ErrNilCommand
	}
	events, err := r.decide(none, cmd)
	if err != nil {
		return none.version, err
	}
	v, err := r.commit(ctx, id, none, events)
	if errors.Is(err, ErrConflict) {
		if v, err = r.processed(ctx, id); err == nil && v.IsZero() {
			err = ErrExists
		}
	}
	return v, err
}

// execute runs cmd until it is committed, or must not be tried again.
func (r *Repository[A, ID, Pos, M]) execute(ctx context.Context, id ID, cmd Command[A], mustExist bool) (Version[Pos], error) {
	if cmd == nil {
		return Version[Pos]{}, ErrNilCommand
	}
	serialised := false // this call holds r.retrying for id
	lock := func() (err error) {
		serialised, err = r.retrying.lock(ctx, id)
		return err
	}
	defer func() {
		if serialised {
			r.retrying.unlock(id)
		}
	}()
	if r.retries > 0 && r.retrying.held(id) {
		if err := lock(); err != nil {
			return Version[Pos]{}, err
		}
	}
	if v, final, err := r.fromCache(ctx, id, cmd); final {
		return v, err
	}
	for attempt := 0; ; attempt++ {
		l, events, v, err := r.decideOnLoaded(ctx, id, cmd, mustExist)
		if err != nil || !v.IsZero() {
			return v, err
		}
		if v, err = r.commit(ctx, id, l, events); !errors.Is(err, ErrConflict) {
			return v, err
		}
		if attempt >= r.retries {
			// The conflicting commit may have been this very command.
			if v, err := r.processed(ctx, id); err != nil || !v.IsZero() {
				return v, err
			}
			return l.version, err
		}
		if serialised {
			err = shortBackoff.Wait(ctx, attempt)
		} else {
			err = lock()
		}
		if err != nil {
			return l.version, err
		}
	}
}

// decideOnLoaded loads the aggregate and lets cmd decide. It returns a version in
// place of events if the command was processed before, and beside an error.
func (r *Repository[A, ID, Pos, M]) decideOnLoaded(ctx context.Context, id ID, cmd Command[A], mustExist bool) (l loaded[A, Pos], events []Event, v Version[Pos], err error) {
	if l, err = r.load(ctx, id); err != nil {
		return l, nil, l.version, err
	}
	if v = l.commands.find(CommandID(ctx)); !v.IsZero() {
		return l, nil, v, nil
	}
	if mustExist && l.version.IsZero() {
		return l, nil, v, ErrNotFound
	}
	if events, err = r.decide(l, cmd); err != nil {
		return l, nil, l.version, err
	}
	return l, events, v, nil
}

// fromCache runs cmd on the cached state. The cached state may be old, so the
// result is final only if its events were committed.
func (r *Repository[A, ID, Pos, M]) fromCache(ctx context.Context, id ID, cmd Command[A]) (v Version[Pos], final bool, err error) {
	if r.unchecked {
		return v, false, nil
	}
	l, ok := r.cache.get(ctx, id)
	if !ok {
		return v, false, nil
	}
	if v := l.commands.find(CommandID(ctx)); !v.IsZero() {
		return v, true, nil
	}
	events, err := r.decide(l, cmd)
	if err != nil || len(events) == 0 {
		return v, false, err
	}
	v, err = r.commit(ctx, id, l, events)
	return v, !errors.Is(err, ErrConflict), err
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
