package reactor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// ParkedEvent is an event, or a timer, that a worker could not process, and passed over.
type ParkedEvent[Pos comparable] struct {
	Position Pos    `json:"position"` // of the event; zero for a timer
	EventID  string `json:"event_id"`
	// Done is how many of the events that the recorded one is today were processed
	// before it was parked: see core.Split.
	Done int    `json:"done,omitempty"`
	Kind string `json:"kind"`
	Key  string `json:"key"` // of its aggregate, as text
	// Partition is that of its aggregate.
	Partition int `json:"partition"`
	Attempts  int `json:"attempts"`
	// ErrorType is the type of the last attempt's error, of what it wraps last. Held events
	// have none: see [Worker.HoldBack].
	ErrorType string `json:"error_type,omitempty"`
	// Reason is the text that the reactor gave to the error by [WithReason].
	Reason string `json:"reason,omitempty"`

	Timer *timer `json:"timer,omitempty"` // nil for an event

	// Asked is whether a worker was asked to replay it, and has not done so: see
	// [Worker.AskReplay].
	Asked bool `json:"-"`
}

// same reports whether p and other are the same event or timer.
func (p ParkedEvent[Pos]) same(other ParkedEvent[Pos]) bool {
	switch {
	case p.Timer != nil && other.Timer != nil:
		return p.Timer.ref() == other.Timer.ref() // an event id also says which part of it is next
	case p.Timer != nil || other.Timer != nil:
		return p.EventID == other.EventID
	}
	return p.Position == other.Position
}

// heldReason is the reason of events that were parked because one of their aggregate was.
const heldReason = "held back: an earlier event of the aggregate is parked"

// The kinds of entries under a reactor's parked key.
const (
	entryParked    = "parked"
	entryReplayed  = "replayed"
	entryDiscarded = "discarded"
)

func (w *Worker[ID, Pos, M]) parkedKey() core.EntryKey { return w.entryKey("parked") }

func (w *Worker[ID, Pos, M]) parking(p ParkedEvent[Pos]) (core.Commit[ID, Pos, M], error) {
	c, err := w.entryCommit(w.parkedKey(), entryParked, core.Version[Pos]{}, p)
	c.Unchecked = true
	return c, err
}

// Parked returns the events and timers that are parked, in the order in which they were. The
// worker need not run, nor be the one that parked them.
func (w *Worker[ID, Pos, M]) Parked(ctx context.Context) ([]ParkedEvent[Pos], error) {
	c, _, err := w.loadControl(ctx) // first: a failure is recorded in one commit with the end of a request
	if err != nil {
		return nil, err
	}
	parked, _, err := w.parked(ctx)
	for i, p := range parked {
		parked[i].Asked = slices.ContainsFunc(c.Replays, func(a asked[Pos]) bool { return a == askedFor(p) })
	}
	return parked, err
}

// parked also returns the version of the parked key.
func (w *Worker[ID, Pos, M]) parked(ctx context.Context) (events []ParkedEvent[Pos], at core.Version[Pos], err error) {
	for entry, err := range w.store.LoadEntries(ctx, w.parkedKey(), core.Version[Pos]{}) {
		if err != nil {
			return nil, at, err
		}
		at = core.At(entry.Position)
		var p ParkedEvent[Pos]
		if err := json.Unmarshal(entry.Data, &p); err != nil {
			return nil, at, fmt.Errorf("parked entry at %v: %w", entry.Position, err)
		}
		switch i := slices.IndexFunc(events, p.same); {
		case entry.Kind != entryParked && i >= 0:
			events = slices.Delete(events, i, i+1)
		case entry.Kind == entryParked && i >= 0:
			events[i] = p // some of it was replayed
		case entry.Kind == entryParked:
			events = append(events, p)
		}
	}
	return events, at, nil
}

// Discard gives a parked event up for good: it is not parked any more.
func (w *Worker[ID, Pos, M]) Discard(ctx context.Context, p ParkedEvent[Pos]) error {
	r := &replay[ID, Pos, M]{Worker: w, event: p}
	if err := r.find(ctx); err != nil {
		return err
	}
	return r.record(ctx, entryDiscarded, outcome[ID, Pos, M]{})
}

// DiscardAll is [Worker.Discard] of everything that is parked.
func (w *Worker[ID, Pos, M]) DiscardAll(ctx context.Context) error { return w.each(ctx, w.Discard) }

// ReplayAll is [Worker.Replay] of everything that is parked, the oldest first. It ends with
// the first error.
func (w *Worker[ID, Pos, M]) ReplayAll(ctx context.Context) error { return w.each(ctx, w.Replay) }

func (w *Worker[ID, Pos, M]) each(ctx context.Context, do func(context.Context, ParkedEvent[Pos]) error) error {
	parked, err := w.Parked(ctx)
	if err != nil {
		return err
	}
	for _, p := range parked {
		if err := do(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
