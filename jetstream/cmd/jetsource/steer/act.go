package steer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Pause has all workers of a reactor stop, within seconds.
func (r *Reactors) Pause(ctx context.Context, name string) error {
	w, err := r.find(ctx, name)
	if err != nil {
		return err
	}
	return w.Pause(ctx)
}

// Resume has them go on.
func (r *Reactors) Resume(ctx context.Context, name string) error {
	w, err := r.find(ctx, name)
	if err != nil {
		return err
	}
	return w.Resume(ctx)
}

// Reset moves the progress of a reactor to a position: it reacts to the events after it next. 0 is
// before the first event.
func (r *Reactors) Reset(ctx context.Context, name string, position uint64) error {
	w, err := r.find(ctx, name)
	if err != nil {
		return err
	}
	if err := w.Reset(ctx, wire.Version(position)); err != nil {
		return fmt.Errorf("reset to position %d: %w", position, err)
	}
	return nil
}

// Skip has a reactor pass over the event at a position, which must be for it and ahead of it. It
// returns the event.
func (r *Reactors) Skip(ctx context.Context, name string, position uint64) (*view.Record, error) {
	w, err := r.find(ctx, name)
	if err != nil {
		return nil, err
	}
	e, err := r.eventAt(ctx, position)
	if err != nil {
		return nil, err
	}
	status, err := w.Status(ctx)
	if err != nil {
		return nil, err
	}
	reached, _ := status.Processed.Position()
	switch {
	case strings.HasPrefix(e.Aggregate, "_") || len(status.Kinds) > 0 && !slices.Contains(status.Kinds, e.Kind):
		return nil, fmt.Errorf("position %d is %s, which %s does not take: it takes %s", position, e.Kind, name, strings.Join(status.Kinds, ", "))
	case reached >= position:
		return nil, fmt.Errorf("%s has passed position %d; what it has parked is given up by jetsource parked discard", name, position)
	}
	return e, w.Skip(ctx, position)
}
