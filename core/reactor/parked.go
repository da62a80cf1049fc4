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
	// Done is how many of the events that the recorded one is today were processed
	// before it was parked: see core.Split.
	Done     int    `json:"done,omitempty"`
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
			same := func(e ParkedEvent[Pos]) bool { return e.Position == p.Position }
			if i := slices.IndexFunc(events, same); i >= 0 {
				events[i] = p // some of it was replayed
				continue
			}
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
// same time record its outputs once. Of an event that is several today, the outputs of
// each are recorded by themselves, and what follows one that fails stays parked.
func (w *Worker[ID, Pos, M]) Replay(ctx context.Context, position Pos) error {
	event, at, err := w.parkedAt(ctx, position)
	if err != nil {
		return err
	}
	stored, err := w.eventAt(ctx, position)
	if err != nil {
		return err
	}
	ctx = core.CausedBy(ctx, stored.Envelope)
	in := &inputs[ID, Pos, M]{stored: stored, done: event.Done}
	for {
		commits, err := w.react(ctx, in)
		if err != nil {
			return err
		}
		last := in.last()
		if !last {
			in.done++
		}
		if event, at, err = w.replayed(ctx, event, at, in, last, commits); err != nil || last {
			return err
		}
	}
}

// replayed records the outputs of an input that was parked, and what is parked then.
func (w *Worker[ID, Pos, M]) replayed(ctx context.Context, event ParkedEvent[Pos], at core.Version[Pos], in *inputs[ID, Pos, M], last bool, commits []core.Commit[ID, Pos, M]) (ParkedEvent[Pos], core.Version[Pos], error) {
	kind, rest := entryReplayed, event
	if !last {
		kind, rest.Done, rest.EventID = entryParked, in.done, in.eventID()
	}
	data, err := json.Marshal(rest)
	if err != nil {
		return event, at, err
	}
	for {
		entry := core.Commit[ID, Pos, M]{Expected: at, Entry: &core.Entry{Key: w.parkedKey(), Kind: kind, Data: data}}
		committed, err := w.store.Commit(ctx, append([]core.Commit[ID, Pos, M]{entry}, commits...)...)
		if err == nil {
			return rest, core.At(committed[0].Position), nil
		}
		if of, ok := errors.AsType[*core.CommitError](err); !ok || of.Index > 0 || !errors.Is(err, core.ErrConflict) {
			return event, at, err
		}
		// Another event was parked or replayed meanwhile, or this one was replayed.
		var now ParkedEvent[Pos]
		if now, at, err = w.parkedAt(ctx, event.Position); err != nil {
			return event, at, err
		}
		if now.Done != event.Done {
			return event, at, w.notParked(event.Position)
		}
	}
}

// parkedAt returns the parked event at a position, and the version of the parked key.
func (w *Worker[ID, Pos, M]) parkedAt(ctx context.Context, position Pos) (event ParkedEvent[Pos], at core.Version[Pos], err error) {
	parked, at, err := w.parked(ctx)
	if err != nil {
		return event, at, err
	}
	i := slices.IndexFunc(parked, func(p ParkedEvent[Pos]) bool { return p.Position == position })
	if i < 0 {
		return event, at, w.notParked(position)
	}
	return parked[i], at, nil
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
