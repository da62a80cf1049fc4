package reactor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/outlast"
)

// handle reacts to one event, as often as it takes, and records its outputs. It returns
// what ends the worker.
func (w *Worker[ID, Pos, M]) handle(ctx context.Context, at *position[Pos], stored core.StoredEvent[ID, Pos, M]) error {
	faults := outlast.Faults{Runner: w.runner()}
	for attempt, pauses := 1, 0; ; pauses++ {
		commits, err := w.react(ctx, stored)
		w.logPanic(ctx, stored, err)
		if err == nil {
			var faulty bool
			faulty, err = w.keep(ctx, at, stored.Position, commits)
			if err != nil && ctx.Err() != nil && len(commits) == 0 {
				at.pass(stored.Position) // flush records it
				return nil
			}
			if !faulty {
				return err
			}
		}
		if ctx.Err() != nil {
			return err
		}
		_, permanent := errors.AsType[*permanentError](err)
		if permanent || w.settings.attempts > 0 && attempt >= w.settings.attempts {
			return w.giveUp(ctx, at, stored, attempt, err)
		}
		if !isStoresFault(err) {
			attempt++
		}
		faults.Log(ctx, "reaction failed, will be repeated", "event", stored.Kind, "position", stored.Position, "error", err)
		if err := w.settings.backoff.Wait(ctx, pauses); err != nil {
			return err
		}
	}
}

// isStoresFault reports whether a reaction failed because of a store that it used. That
// is no fault of the event, and does not count as an attempt.
func isStoresFault(err error) bool {
	return errors.Is(err, core.ErrUnavailable) || errors.Is(err, core.ErrUnknownOutcome)
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

// giveUp parks the event, or returns a [ReactionError].
func (w *Worker[ID, Pos, M]) giveUp(ctx context.Context, at *position[Pos], stored core.StoredEvent[ID, Pos, M], attempts int, err error) error {
	reason := &ReactionError{
		Reactor: w.reactor.name, Kind: stored.Kind, Key: stored.Key.String(),
		Position: fmt.Sprint(stored.Position), Attempts: attempts, Err: err,
	}
	if !w.settings.park {
		return reason
	}
	entry, err := w.parking(ParkedEvent[Pos]{
		Position: stored.Position, EventID: stored.EventID(), Kind: stored.Kind, Key: stored.Key.String(),
		Attempts: attempts, Reason: reason.Err.Error(),
	})
	if err != nil {
		return err
	}
	err = w.outlast(ctx, func() error {
		_, err := w.record(ctx, at, stored.Position, []core.Commit[ID, Pos, M]{entry}, nil)
		return finalIfFenced(err)
	})
	if err != nil {
		return err
	}
	slog.ErrorContext(ctx, "event parked", "reactor", w.reactor.name, "position", stored.Position, "error", reason.Err)
	return nil
}
