package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// checkpoint is a reactor's progress, as it is recorded.
type checkpoint[Pos comparable] struct {
	Processed core.Version[Pos] `json:"processed"`
}

// position is the version that a worker has reached, and its last checkpoint.
type position[Pos comparable] struct {
	processed core.Version[Pos]
	recorded  core.Version[Pos] // of the checkpoint itself
	pending   int               // events since the checkpoint
	unsure    bool              // a checkpoint with an unknown outcome may be recorded
}

// pass moves on to an event that was processed, and is not in a checkpoint yet.
func (at *position[Pos]) pass(event Pos) {
	at.processed = core.At(event)
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
	return &position[Pos]{processed: c.Processed, recorded: core.At(entry.Position)}, nil
}

func (w *Worker[ID, Pos, M]) key() core.EntryKey {
	return core.EntryKey{Kind: "_reactor", Name: w.reactor.name}
}

// keep records that an event was processed, with its outputs, and waits until the store
// takes it. The error is of the outputs if faulty is true; or else it ends the worker.
func (w *Worker[ID, Pos, M]) keep(ctx context.Context, at *position[Pos], event Pos, commits []core.Commit[ID, Pos, M]) (faulty bool, err error) {
	err = w.outlast(ctx, func() (err error) {
		if faulty, err = w.record(ctx, at, event, nil, commits); faulty {
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

// record records that an event was processed, in one commit with its outputs or
// with the entry that parks it. Faulty reports whether an error is due to the
// outputs, rather than to the store.
func (w *Worker[ID, Pos, M]) record(ctx context.Context, at *position[Pos], event Pos, parked []core.Commit[ID, Pos, M], commits []core.Commit[ID, Pos, M]) (faulty bool, err error) {
	if len(parked) == 0 && len(commits) == 0 && at.pending+1 < w.settings.every {
		at.pass(event)
		return false, nil
	}
	data, err := json.Marshal(checkpoint[Pos]{core.At(event)})
	if err != nil {
		return true, Permanent(err)
	}
	moved := core.Commit[ID, Pos, M]{Expected: at.recorded, Entry: &core.Entry{Key: w.key(), Kind: "checkpoint", Data: data}}
	committed, err := w.store.Commit(ctx, slices.Concat([]core.Commit[ID, Pos, M]{moved}, parked, commits)...)
	if err == nil {
		*at = position[Pos]{processed: core.At(event), recorded: core.At(committed[0].Position)}
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
	case now.processed == core.At(event) && at.unsure:
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
	event, ok := at.processed.Position()
	if !ok || at.pending == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	pending := at.pending
	at.pending = w.settings.every
	if _, err := w.record(ctx, at, event, nil, nil); err != nil {
		slog.WarnContext(ctx, "progress not recorded, events will be delivered again", "reactor", w.reactor.name, "events", pending, "error", err)
	}
}
