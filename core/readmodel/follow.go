package readmodel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// follow applies the events after those that the tables hold, until ctx ends, another
// runner takes over, or something fails.
func (w *worker[Tx, ID, Pos, M]) follow(ctx context.Context, p Progress) error {
	at, err := parsePosition[Pos](p.Position)
	if err != nil {
		return err
	}
	head, err := w.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	q := newQueue[ID, Pos, M](w.settings.batch)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	reading.Go(func() { q.end(w.read(ctx, p, at, q)) })
	for ctx.Err() == nil {
		fill := time.Duration(0)
		if !w.progress.Covers(at, head) {
			fill = w.settings.fill
		}
		if !q.wait(ctx, w.settings.takeover/4, fill) {
			if err := w.beat(ctx); err != nil {
				return err
			}
			if w.failing.at.IsZero() {
				w.health.OK()
			}
			continue
		}
		events, ended, err := q.take()
		if ended {
			return err
		}
		for len(events) > 0 && ctx.Err() == nil {
			n, err := w.applyBatch(ctx, events)
			if err != nil {
				return err
			}
			at = core.At(events[n-1].Position)
			events = events[n:]
		}
	}
	return nil
}

// read puts events into the queue. It begins with the event that the tables end with, to
// see that the store has it.
func (w *worker[Tx, ID, Pos, M]) read(ctx context.Context, p Progress, at core.Version[Pos], q *queue[ID, Pos, M]) (err error) {
	defer handlers.Recover(&err)
	filters, start := handlers.FiltersAfter(w.model.table, at), resume.Point[Pos]{}
	if position, ok := at.Position(); ok {
		filters, start = handlers.FiltersFrom(w.model.table, at), resume.At(position, p.EventID)
	}
	for stored, err := range w.store.Subscribe(ctx, filters...) {
		if errors.Is(err, core.ErrBeyondEnd) {
			err = w.wrong(p, fmt.Errorf("%w: %w", ErrOtherLog, err))
		}
		if err != nil {
			return err
		}
		fresh, mismatch := start.Match(stored.Position, stored.EventID())
		if mismatch != nil {
			return w.wrong(p, ErrOtherLog)
		}
		if fresh && !q.put(ctx, stored) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// beat shows a sign of life.
func (w *worker[Tx, ID, Pos, M]) beat(ctx context.Context) error {
	return w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		p, err := w.lock(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Save(ctx, p)
	})
}
