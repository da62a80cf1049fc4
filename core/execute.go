package core

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core/internal/backoff"
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
	if r.retries > 0 && r.retrying.held(id) {
		if err := r.retrying.lock(ctx, id); err != nil {
			return Version[Pos]{}, err
		}
		defer r.retrying.unlock(id)
		serialised = true
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
			err = pause(ctx, attempt)
		} else if err = r.retrying.lock(ctx, id); err == nil {
			defer r.retrying.unlock(id)
			serialised = true
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
		if err := r.aggregate.check(e); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// commit records the events that were decided on l, if there are any.
func (r *Repository[A, ID, Pos, M]) commit(ctx context.Context, id ID, l loaded[A, Pos], events []Event) (Version[Pos], error) {
	if len(events) == 0 {
		return l.version, nil
	}
	command := CommandID(ctx)
	unchecked := r.unchecked && !l.version.IsZero() && command == ""
	c := Commit[ID, Pos, M]{
		Key: r.key(id), Expected: l.version, Unchecked: unchecked,
		Events: events, Metadata: r.metadata(ctx), CommandID: command,
	}
	var at Pos
	var err error
	if r.cache != nil && !unchecked {
		at, err = r.commitAndKeep(ctx, c)
	} else {
		at, _, err = r.journal.commit(ctx, c, nil)
	}
	if err != nil {
		return l.version, err
	}
	if !unchecked {
		r.offer(ctx, id, l.since+len(events))
	}
	return At(at), nil
}

// commitAndKeep commits c, and caches the new state. It is folded from the recorded
// events on the cached state: the command has seen neither.
func (r *Repository[A, ID, Pos, M]) commitAndKeep(ctx context.Context, c Commit[ID, Pos, M]) (Pos, error) {
	id := c.Key.ID
	var l loaded[A, Pos]
	known := c.Expected.IsZero()
	if !known {
		l, known = r.cache.get(ctx, id)
		known = known && l.version == c.Expected
	}
	at, folded, err := r.journal.commit(ctx, c, func(e journalEvent[Pos]) error { return l.add(r.aggregate, e) })
	if err == nil && folded && known {
		r.cache.keep(id, l)
	}
	return at, err
}

// processed returns the version that the command of ctx led to, if it has an id
// and was processed before; zero if not.
func (r *Repository[A, ID, Pos, M]) processed(ctx context.Context, id ID) (Version[Pos], error) {
	command := CommandID(ctx)
	if command == "" {
		return Version[Pos]{}, nil
	}
	l, err := r.load(ctx, id)
	return l.commands.find(command), err
}

// pause waits before the next attempt, for a random time that grows with each
// attempt, up to 100 ms.
func pause(ctx context.Context, attempt int) error {
	return backoff.Sleep(ctx, backoff.Jitter(backoff.Delay(time.Millisecond, 100*time.Millisecond, attempt)))
}

// offer offers a snapshot. The events are recorded, so an error here is logged and
// does not fail the command. The state is loaded anew: the command may have
// changed the one that it was given.
func (r *Repository[A, ID, Pos, M]) offer(ctx context.Context, id ID, since int) {
	var l loaded[A, Pos]
	offer, err := r.snapshots.OfferSnapshot(ctx, r.snapshotKey(id), since, func() (_ Snapshot[Pos], err error) {
		if l, err = r.load(ctx, id); err != nil {
			return Snapshot[Pos]{}, err
		}
		return l.snapshot(r.journal.storeID(), r.aggregate)
	})
	if offer == Stored {
		l.since, l.replaces = 0, ""
		r.cache.put(ctx, id, l)
	}
	if err != nil {
		slog.WarnContext(ctx, "snapshot not stored", "aggregate", r.aggregate.kind, "id", id, "error", err)
	}
}
