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
		return nil, fmt.Errorf("reactor %s: checkpoint at %v: %w", w.reactor.name, entry.Position, err)
	}
	return &position[Pos]{processed: c.Processed, recorded: core.At(entry.Position)}, nil
}

func (w *Worker[ID, Pos, M]) key() core.EntryKey {
	return core.EntryKey{Kind: "_reactor", Name: w.reactor.name}
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
	if found && of.Index > 0 {
		return true, err
	}
	if !found && !errors.Is(err, core.ErrUnknownOutcome) && !errors.Is(err, context.DeadlineExceeded) {
		return len(commits) > 0, err // outputs may be too large for the store
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

// flush records the progress since the last checkpoint. It uses a context of its
// own, because ctx has ended.
func (w *Worker[ID, Pos, M]) flush(ctx context.Context, at *position[Pos]) error {
	event, ok := at.processed.Position()
	if !ok || at.pending == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	pending := at.pending
	at.pending = w.settings.every
	_, err := w.record(ctx, at, event, nil, nil)
	if err != nil {
		slog.WarnContext(ctx, "progress not recorded, events will be delivered again", "reactor", w.reactor.name, "events", pending, "error", err)
	}
	return err
}
