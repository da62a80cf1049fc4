package reactor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// handle reacts to one event, as often as it takes, and records its outputs.
func (w *Worker[ID, Pos, M]) handle(ctx context.Context, at *position[Pos], stored core.StoredEvent[ID, Pos, M]) error {
	for attempt, pauses := 1, 0; ; pauses++ {
		commits, err := w.react(ctx, stored)
		w.logPanic(ctx, stored, err)
		faulty := err != nil
		if err == nil {
			faulty, err = w.record(ctx, at, stored.Position, nil, commits)
			if err != nil && ctx.Err() != nil && len(commits) == 0 {
				at.pass(stored.Position) // flush records it
				return nil
			}
		}
		_, permanent := errors.AsType[*permanentError](err)
		if ctx.Err() == nil && (permanent || faulty && w.settings.attempts > 0 && attempt >= w.settings.attempts) {
			if faulty, err = w.giveUp(ctx, at, stored, attempt, err); faulty {
				return err
			}
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrFenced) || errors.Is(err, core.ErrClosed) {
			return err
		}
		if faulty {
			attempt++ // an error of the store does not count as an attempt
		}
		slog.WarnContext(ctx, "reaction failed, will be repeated", "reactor", w.reactor.name,
			"event", stored.Kind, "position", stored.Position, "error", err)
		if err := w.settings.backoff.Wait(ctx, pauses); err != nil {
			return err
		}
	}
}

// react calls the handler of an event. A panic is a [core.PanicError].
func (w *Worker[ID, Pos, M]) react(ctx context.Context, stored core.StoredEvent[ID, Pos, M]) (_ []core.Commit[ID, Pos, M], err error) {
	react, ok := w.reactor.table.Find(stored.Kind, stored.Key)
	if !ok {
		return nil, nil
	}
	defer handlers.Recover(&err)
	return react(ctx, &stored.Envelope, fold.Source{Decode: func(event any) error { return w.store.DecodeEvent(stored, event) }})
}

// logPanic logs the stack of a reaction that panicked: a parked event does not keep
// it.
func (w *Worker[ID, Pos, M]) logPanic(ctx context.Context, stored core.StoredEvent[ID, Pos, M], err error) {
	if panicked, ok := errors.AsType[*core.PanicError](err); ok {
		slog.ErrorContext(ctx, "reaction panicked", "reactor", w.reactor.name,
			"event", stored.Kind, "position", stored.Position, "error", err, "stack", string(panicked.Stack))
	}
}

// giveUp parks the event, or returns a [ReactionError]. Final reports whether the
// error ends the worker.
func (w *Worker[ID, Pos, M]) giveUp(ctx context.Context, at *position[Pos], stored core.StoredEvent[ID, Pos, M], attempts int, err error) (final bool, _ error) {
	reason := &ReactionError{
		Reactor: w.reactor.name, Kind: stored.Kind, Key: stored.Key.String(),
		Position: fmt.Sprint(stored.Position), Attempts: attempts, Err: err,
	}
	if !w.settings.park {
		return true, reason
	}
	entry, err := w.parking(ParkedEvent[Pos]{
		Position: stored.Position, EventID: stored.EventID(), Kind: stored.Kind, Key: stored.Key.String(),
		Attempts: attempts, Reason: reason.Err.Error(),
	})
	if err != nil {
		return true, err
	}
	final, err = w.record(ctx, at, stored.Position, []core.Commit[ID, Pos, M]{entry}, nil)
	if err == nil {
		slog.ErrorContext(ctx, "event parked", "reactor", w.reactor.name, "position", stored.Position, "error", reason.Err)
	}
	return final, err
}
