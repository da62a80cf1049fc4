package projection

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// Load folds a projection from all events that are in the store now. The error of an
// event that cannot be decoded, or whose metadata cannot, or whose handler panics, is a
// [core.DecodeError].
func Load[P any, ID, Pos comparable, M any](ctx context.Context, store core.EventStore[ID, Pos, M], p *Projection[P, ID, Pos, M]) (P, error) {
	return load(ctx, store, p, nil)
}

// LoadAt is [Load] of the events up to a version: the projection as it was at that
// version. The zero Version gives the state to start from.
func LoadAt[P any, ID, Pos comparable, M any](ctx context.Context, store core.GloballyOrderedStore[ID, Pos, M], p *Projection[P, ID, Pos, M], at core.Version[Pos]) (P, error) {
	last, ok := at.Position()
	if !ok {
		return p.init(), nil
	}
	return load(ctx, store, p, func(e *core.Envelope[ID, Pos, M]) (bool, bool) {
		return true, store.ComparePositions(e.Position, last) <= 0
	})
}

// LoadAtTime is [Load] of the events that the store recorded up to a time. It
// reads all events and compares the time of each, because clocks step back.
func LoadAtTime[P any, ID, Pos comparable, M any](ctx context.Context, store core.EventStore[ID, Pos, M], p *Projection[P, ID, Pos, M], at time.Time) (P, error) {
	return load(ctx, store, p, func(e *core.Envelope[ID, Pos, M]) (bool, bool) {
		return !e.Time.After(at), true
	})
}

// load folds the events that include selects, and ends before the first event for
// which more is false. A nil include selects all events.
func load[P any, ID, Pos comparable, M any](ctx context.Context, store core.EventStore[ID, Pos, M], p *Projection[P, ID, Pos, M], include func(*core.Envelope[ID, Pos, M]) (selected, more bool)) (P, error) {
	state := p.init()
	for stored, err := range store.LoadEvents(ctx, handlers.FiltersAfter(p.table, core.Version[Pos]{})...) {
		selected, more := true, true
		if err == nil && include != nil {
			selected, more = include(&stored.Envelope)
		}
		if !more {
			break
		}
		if err == nil && selected {
			err = p.fold(store, &state, stored)
		}
		if err != nil {
			return state, p.wrap("load", err)
		}
	}
	return state, nil
}

// LoadFrom is [Load] that starts from the latest snapshot. It offers a new
// snapshot if it has folded events. A snapshot that cannot be used, or not be
// stored, is logged.
func LoadFrom[P any, ID, Pos comparable, M any](ctx context.Context, store core.GloballyOrderedStore[ID, Pos, M], snapshots core.SnapshotStore[ID, Pos], p *Projection[P, ID, Pos, M]) (P, error) {
	r := startRun(ctx, store, snapshots, p)
	err := r.load(ctx)
	if errors.Is(err, resume.ErrOtherLog) {
		r.restart(ctx)
		err = r.load(ctx)
	}
	if err != nil {
		return r.state, p.wrap("load", err)
	}
	r.offer(ctx)
	return r.state, nil
}
