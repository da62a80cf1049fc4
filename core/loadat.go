package core

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// LoadAt returns the aggregate as it was at a version, and the version of its last
// event then: at, or an earlier one, as at may be a version of another aggregate of the
// store. A position inside a commit gives the state between two of its events. All
// events up to there are read, without snapshots and cache. LoadAt returns
// [ErrNotFound] if the aggregate had no events. Where the store has no order of
// positions, at must be a version of the aggregate.
func (r *Repository[A, ID, Pos, M]) LoadAt(ctx context.Context, id ID, at Version[Pos]) (A, Version[Pos], error) {
	last, some := at.Position()
	if _, none := any(last).(struct{}); none {
		var state A
		return state, at, r.wrap("load", id, errors.New("a version needs a store whose positions have an order"))
	}
	met := false
	l, err := r.replayWhile(ctx, id, func(e journalEvent[Pos]) bool {
		order, ordered := r.journal.compare(e.position, last)
		if !some || met || ordered && order > 0 {
			return false
		}
		met = e.position == last
		return true
	})
	if _, ordered := r.journal.compare(last, last); err == nil && some && !met && !ordered {
		err = fmt.Errorf("it was never at version %v, and the store has no order of positions", at)
	}
	return l.state, l.version, r.wrap("load", id, err)
}

// LoadAtTime returns the aggregate as it was at a time by the store's clock, and its
// version then, or [ErrNotFound] if it had no events. It takes whole commits, up to the
// first that was recorded later: should the clock have stepped back, no event is left
// out between others.
func (r *Repository[A, ID, Pos, M]) LoadAtTime(ctx context.Context, id ID, at time.Time) (A, Version[Pos], error) {
	l, err := r.replayWhile(ctx, id, func(e journalEvent[Pos]) bool {
		return e.commit.Index > 0 || !e.time.After(at)
	})
	return l.state, l.version, r.wrap("load", id, err)
}

// errEnough ends a read before an event that is not wanted.
var errEnough = errors.New("enough was read")

// replayWhile folds the events before the first that include does not take.
func (r *Repository[A, ID, Pos, M]) replayWhile(ctx context.Context, id ID, include func(journalEvent[Pos]) bool) (_ loaded[A, Pos], err error) {
	var l loaded[A, Pos]
	ctx, stats := r.beginLoad(ctx, id)
	defer func() {
		stats.folded(l.since)
		stats.done(err)
	}()
	err = r.journal.replay(ctx, r.key(id), Version[Pos]{}, func(e journalEvent[Pos]) error {
		if !include(e) {
			return errEnough
		}
		return l.add(r.aggregate, e)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return loaded[A, Pos]{}, err
	}
	if l.version.IsZero() {
		return l, ErrNotFound
	}
	return l, nil
}

// Events yields the events of an aggregate as they are today, whatever they were
// recorded as: what its state is folded from. The Kind of an [Envelope] is the recorded
// one. Events that a load passes over are left out. The first error is the last thing
// yielded. Metadata that cannot be decoded is no error: see [Envelope].
func (r *Repository[A, ID, Pos, M]) Events(ctx context.Context, id ID) iter.Seq2[Recorded[Event, ID, Pos, M], error] {
	return func(yield func(Recorded[Event, ID, Pos, M], error) bool) {
		err := r.journal.events(ctx, r.key(id), func(e Envelope[ID, Pos, M], from fold.Source) error {
			today, err := r.aggregate.today(e.Kind, e.Commit, from)
			if err != nil {
				return &DecodeError{Kind: e.Kind, Position: fmt.Sprint(e.Position), Err: err}
			}
			for _, p := range today {
				recorded := Recorded[Event, ID, Pos, M]{Envelope: e, Event: fold.Value(p.Event)}
				recorded.Commit.Part = p.Number
				if !yield(recorded, nil) {
					return errEnough
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Recorded[Event, ID, Pos, M]{}, r.wrap("load", id, err))
		}
	}
}

// today returns what a recorded event is today, as far as it has handlers.
func (g *Aggregate[A]) today(kind string, commit CommitInfo, from fold.Source) (all []fold.Part, err error) {
	defer recoverPanic(&err)
	err = g.read(kind, commit, from, func(p fold.Part) error {
		all = append(all, p)
		return nil
	})
	return all, err
}
