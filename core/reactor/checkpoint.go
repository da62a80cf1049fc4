package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// checkpoint is a reactor's progress, as it is recorded.
type checkpoint[Pos comparable] struct {
	Processed core.Version[Pos] `json:"processed"`
	Partial   partial[Pos]      `json:"partial,omitzero"`
}

// partial is how many of the events that a recorded one is today were processed.
type partial[Pos comparable] struct {
	Event core.Version[Pos] `json:"event"`
	Done  int               `json:"done"`
}

// of returns the number for the event at a position.
func (p partial[Pos]) of(event Pos) int {
	if p.Event == core.At(event) {
		return p.Done
	}
	return 0
}

// position is what a worker has reached, and its last checkpoint.
type position[Pos comparable] struct {
	checkpoint[Pos]
	recorded core.Version[Pos] // of the checkpoint itself
	pending  int               // events since the checkpoint
	unsure   bool              // a checkpoint with an unknown outcome may be recorded
}

// pass moves on to what was processed, and is not in a checkpoint yet.
func (at *position[Pos]) pass(reached checkpoint[Pos]) {
	at.checkpoint = reached
	at.pending++
}

// resume reads the last checkpoint.
func (w *Worker[ID, Pos, M]) resume(ctx context.Context) (*position[Pos], error) {
	entry, ok, err := w.store.LastEntry(ctx, w.key())
	if err != nil || !ok {
		return &position[Pos]{}, err
	}
	var c checkpoint[Pos]
	if err := json.Unmarshal(entry.Data, &c); err != nil {
		return nil, core.Final(fmt.Errorf("reactor %s: checkpoint at %v: %w", w.reactor.name, entry.Position, err))
	}
	return &position[Pos]{checkpoint: c, recorded: core.At(entry.Position)}, nil
}

func (w *Worker[ID, Pos, M]) key() core.EntryKey {
	return core.EntryKey{Kind: "_reactor", Name: w.reactor.name}
}

// keep records what was reached, with outputs, and waits until the store
// takes it. The error is of the outputs if faulty is true; or else it ends the worker.
func (w *Worker[ID, Pos, M]) keep(ctx context.Context, at *position[Pos], reached checkpoint[Pos], commits []core.Commit[ID, Pos, M]) (faulty bool, err error) {
	err = w.outlast(ctx, func() (err error) {
		if faulty, err = w.record(ctx, at, reached, nil, commits); faulty {
			return core.Final(err)
		}
		return finalIfFenced(err)
	})
	return faulty, err
}

func finalIfFenced(err error) error {
	if errors.Is(err, ErrFenced) {
		return core.Final(err)
	}
	return err
}

// record records what was reached, in one commit with the outputs or with the entry
// that parks the event. What has neither is recorded once there is enough of it, and
// with the last of the events that a recorded one is today. Faulty reports whether an
// error is due to the outputs, rather than to the store.
func (w *Worker[ID, Pos, M]) record(ctx context.Context, at *position[Pos], reached checkpoint[Pos], parked []core.Commit[ID, Pos, M], commits []core.Commit[ID, Pos, M]) (faulty bool, err error) {
	inside := reached.Partial != partial[Pos]{}
	if len(parked) == 0 && len(commits) == 0 && (inside || at.pending+1 < w.settings.every) {
		at.pass(reached)
		return false, nil
	}
	return w.save(ctx, at, reached, parked, commits)
}

// save is record at once.
func (w *Worker[ID, Pos, M]) save(ctx context.Context, at *position[Pos], reached checkpoint[Pos], parked []core.Commit[ID, Pos, M], commits []core.Commit[ID, Pos, M]) (faulty bool, err error) {
	data, err := json.Marshal(reached)
	if err != nil {
		return true, Permanent(err)
	}
	moved := core.Commit[ID, Pos, M]{Expected: at.recorded, Entry: &core.Entry{Key: w.key(), Kind: "checkpoint", Data: data}}
	committed, err := w.store.Commit(ctx, slices.Concat([]core.Commit[ID, Pos, M]{moved}, parked, commits)...)
	if err == nil {
		*at = position[Pos]{checkpoint: reached, recorded: core.At(committed[0].Position)}
		return false, nil
	}
	of, found := errors.AsType[*core.CommitError](err)
	if found && of.Index > 0 && !isStoresFault(err) || len(commits) > 0 && errors.Is(err, core.ErrTooLarge) {
		return true, err
	}
	at.unsure = at.unsure || !found
	// Another worker has moved the checkpoint; or it was this worker, in an attempt
	// whose answer was lost.
	now, readErr := w.resume(ctx)
	switch {
	case readErr != nil:
		return false, err
	case now.checkpoint == reached && at.unsure:
		*at = *now
		return false, nil
	case now.recorded != at.recorded:
		return false, fmt.Errorf("reactor %s: %w", w.reactor.name, ErrFenced)
	}
	return false, err
}

// flush records the progress since the last checkpoint, when a worker ends. It uses a
// context of its own, because ctx has ended. Where it fails, events are delivered
// again.
func (w *Worker[ID, Pos, M]) flush(ctx context.Context, at *position[Pos]) {
	if at.pending == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	pending := at.pending
	if _, err := w.save(ctx, at, at.checkpoint, nil, nil); err != nil {
		w.runner().Logger().WarnContext(ctx, "progress not recorded, events will be delivered again", "reactor", w.reactor.name, "events", pending, "error", err)
	}
}
