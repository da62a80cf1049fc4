package reactor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/outlast"
)

// handle reacts to one recorded event: to each of the events that it is today, one after
// the other, where a checkpoint does not say that it was done. It returns what ends the
// worker.
func (w *Worker[ID, Pos, M]) handle(ctx context.Context, at *position[Pos], stored core.StoredEvent[ID, Pos, M]) error {
	in := &inputs[ID, Pos, M]{stored: stored, done: at.Partial.of(stored.Position)}
	for {
		goOn, err := w.handleNext(ctx, at, in)
		if err != nil || !goOn || in.last() {
			return err
		}
		in.done++
	}
}

// handleNext reacts to the next input, as often as it takes, and records its outputs.
// It returns false if the inputs that follow are not to be handled now.
func (w *Worker[ID, Pos, M]) handleNext(ctx context.Context, at *position[Pos], in *inputs[ID, Pos, M]) (goOn bool, err error) {
	faults, stored := outlast.Faults{Runner: w.runner()}, in.stored
	for attempt, pauses := 1, 0; ; pauses++ {
		commits, err := w.react(ctx, in)
		w.logPanic(ctx, stored, err)
		if err == nil {
			var faulty bool
			next := in.reached(at.checkpoint)
			faulty, err = w.keep(ctx, at, next, commits)
			if err != nil && ctx.Err() != nil && len(commits) == 0 {
				at.pass(next) // flush records it
				return false, nil
			}
			if !faulty {
				return ctx.Err() == nil, err
			}
		}
		if ctx.Err() != nil {
			return false, err
		}
		if handlers.IsPermanent(err) || w.settings.attempts > 0 && attempt >= w.settings.attempts && !isStoresFault(err) {
			return false, w.giveUp(ctx, at, in, attempt, err)
		}
		if !isStoresFault(err) {
			attempt++
		}
		faults.Log(ctx, "reaction failed, will be repeated", "event", stored.Kind, "position", stored.Position, "error", err)
		if err := w.settings.backoff.Wait(ctx, pauses); err != nil {
			return false, err
		}
	}
}

// isStoresFault reports whether a reaction failed because of a store that it used. That
// is no fault of the event, and does not count as an attempt.
func isStoresFault(err error) bool {
	return errors.Is(err, core.ErrUnavailable) || errors.Is(err, core.ErrUnknownOutcome)
}

// logPanic logs the stack of a reaction that panicked: a parked event does not keep
// it.
func (w *Worker[ID, Pos, M]) logPanic(ctx context.Context, stored core.StoredEvent[ID, Pos, M], err error) {
	if panicked, ok := errors.AsType[*core.PanicError](err); ok {
		slog.ErrorContext(ctx, "reaction panicked", "reactor", w.reactor.name,
			"event", stored.Kind, "position", stored.Position, "error", err, "stack", string(panicked.Stack))
	}
}

// giveUp parks the event, from the input on that failed, or returns a [ReactionError].
func (w *Worker[ID, Pos, M]) giveUp(ctx context.Context, at *position[Pos], in *inputs[ID, Pos, M], attempts int, err error) error {
	stored := in.stored
	reason := &ReactionError{
		Reactor: w.reactor.name, Kind: stored.Kind, Key: stored.Key.String(),
		Position: fmt.Sprint(stored.Position), Attempts: attempts, Err: err,
	}
	if !w.settings.park {
		return reason
	}
	entry, err := w.parking(ParkedEvent[Pos]{
		Position: stored.Position, EventID: in.eventID(), Done: in.done, Kind: stored.Kind, Key: stored.Key.String(),
		Attempts: attempts, Reason: reason.Err.Error(),
	})
	if err != nil {
		return err
	}
	err = w.outlast(ctx, func() error {
		_, err := w.record(ctx, at, checkpoint[Pos]{Processed: core.At(stored.Position)}, []core.Commit[ID, Pos, M]{entry}, nil)
		return finalIfFenced(err)
	})
	if err != nil {
		return err
	}
	slog.ErrorContext(ctx, "event parked", "reactor", w.reactor.name, "position", stored.Position, "error", reason.Err)
	return nil
}
