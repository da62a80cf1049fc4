package readmodel

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Parked returns the events that are parked. The runner need not run, nor be the one that
// parked them.
func (r *Runner[Tx, ID, Pos, M]) Parked(ctx context.Context) ([]Parked, error) {
	if err := r.model.layout.Check(); err != nil {
		return nil, err
	}
	return r.target.Parked(ctx, r.model.layout)
}

// Replay applies a parked event once, out of order, and removes it from the parked ones
// in the same transaction. If it fails, the event stays parked.
func (r *Runner[Tx, ID, Pos, M]) Replay(ctx context.Context, position string) error {
	at, err := parsePosition[Pos](position)
	if err != nil {
		return err
	}
	stored, err := r.eventAt(ctx, at)
	if err != nil {
		return err
	}
	return r.inTransaction(ctx, func(tx Transaction[Tx]) error {
		p, ok, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoProgress
		}
		if err := r.check(p); err != nil {
			return err
		}
		if ok, err = tx.Unpark(ctx, position); err != nil {
			return err
		}
		if !ok {
			return r.notParked(position)
		}
		return r.model.apply(ctx, r.store, tx, &stored)
	})
}

func (r *Runner[Tx, ID, Pos, M]) notParked(position string) error {
	return fmt.Errorf("read model %v, position %s: %w", r.model.layout, position, ErrNotParked)
}

// eventAt loads the event at a position.
func (r *Runner[Tx, ID, Pos, M]) eventAt(ctx context.Context, at core.Version[Pos]) (core.StoredEvent[ID, Pos, M], error) {
	for stored, err := range r.store.LoadEvents(ctx, handlers.FiltersFrom(r.model.table, at)...) {
		if err != nil || core.At(stored.Position) == at {
			return stored, err
		}
		break
	}
	return core.StoredEvent[ID, Pos, M]{}, r.notParked(at.String())
}
