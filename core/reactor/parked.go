package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// ParkedEvent is an event that a worker could not process, and skipped.
type ParkedEvent[Pos comparable] struct {
	Position Pos    `json:"position"`
	EventID  string `json:"event_id"`
	Kind     string `json:"kind"`
	Key      string `json:"key"` // of its aggregate, as text
	Attempts int    `json:"attempts"`
	Reason   string `json:"reason"` // the last attempt's error
}

// The kinds of entries under a reactor's parked key.
const (
	entryParked   = "parked"
	entryReplayed = "replayed"
)

func (w *Worker[ID, Pos, M]) parkedKey() core.EntryKey {
	return core.EntryKey{Kind: "_parked", Name: w.reactor.name}
}

func (w *Worker[ID, Pos, M]) parking(p ParkedEvent[Pos]) (core.Commit[ID, Pos, M], error) {
	data, err := json.Marshal(p)
	return core.Commit[ID, Pos, M]{Unchecked: true, Entry: &core.Entry{Key: w.parkedKey(), Kind: entryParked, Data: data}}, err
}

// Parked returns the events that are parked, the oldest first. The worker need
// not run, nor be the one that parked them.
func (w *Worker[ID, Pos, M]) Parked(ctx context.Context) ([]ParkedEvent[Pos], error) {
	parked, _, err := w.parked(ctx)
	return parked, err
}

// parked also returns the version of the parked key.
func (w *Worker[ID, Pos, M]) parked(ctx context.Context) (events []ParkedEvent[Pos], at core.Version[Pos], err error) {
	for entry, err := range w.store.LoadEntries(ctx, w.parkedKey()) {
		if err != nil {
			return nil, at, err
		}
		at = core.At(entry.Position)
		var p ParkedEvent[Pos]
		if err := json.Unmarshal(entry.Data, &p); err != nil {
			return nil, at, fmt.Errorf("parked entry at %v: %w", entry.Position, err)
		}
		switch entry.Kind {
		case entryParked:
			events = append(events, p)
		case entryReplayed:
			events = slices.DeleteFunc(events, func(e ParkedEvent[Pos]) bool { return e.Position == p.Position })
		}
	}
	return events, at, nil
}

// Replay reacts once to a parked event. If that succeeds, its outputs are recorded
// in one commit with an entry that the event is not parked any more; if it fails,
// the event stays parked, and the error is returned. Two calls for one event at the
// same time record its outputs once.
func (w *Worker[ID, Pos, M]) Replay(ctx context.Context, position Pos) error {
	parked, at, err := w.parked(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(parked, func(p ParkedEvent[Pos]) bool { return p.Position == position })
	if i < 0 {
		return w.notParked(position)
	}
	stored, err := w.eventAt(ctx, position)
	if err != nil {
		return err
	}
	commits, err := w.react(ctx, stored)
	if err != nil {
		return err
	}
	data, err := json.Marshal(parked[i])
	if err != nil {
		return err
	}
	for {
		entry := core.Commit[ID, Pos, M]{Expected: at, Entry: &core.Entry{Key: w.parkedKey(), Kind: entryReplayed, Data: data}}
		_, err = w.store.Commit(ctx, append([]core.Commit[ID, Pos, M]{entry}, commits...)...)
		if of, ok := errors.AsType[*core.CommitError](err); !ok || of.Index > 0 || !errors.Is(err, core.ErrConflict) {
			return err
		}
		// Another event was parked or replayed meanwhile, or this one was replayed.
		if parked, at, err = w.parked(ctx); err != nil {
			return err
		}
		if !slices.ContainsFunc(parked, func(p ParkedEvent[Pos]) bool { return p.Position == position }) {
			return w.notParked(position)
		}
	}
}

func (w *Worker[ID, Pos, M]) notParked(position Pos) error {
	return fmt.Errorf("reactor %s, position %v: %w", w.reactor.name, position, ErrNotParked)
}

// eventAt loads the event at a position.
func (w *Worker[ID, Pos, M]) eventAt(ctx context.Context, position Pos) (core.StoredEvent[ID, Pos, M], error) {
	for stored, err := range w.store.LoadEvents(ctx, handlers.FiltersFrom(w.reactor.table, core.At(position))...) {
		if err != nil || stored.Position == position {
			return stored, err
		}
		break
	}
	return core.StoredEvent[ID, Pos, M]{}, fmt.Errorf("reactor %s takes no event at %v: %w", w.reactor.name, position, ErrNotParked)
}
