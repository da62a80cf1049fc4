package readmodel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// applyError is the error of an event in a batch.
type applyError[ID, Pos comparable, M any] struct {
	event *core.StoredEvent[ID, Pos, M]
	err   error
}

func (e *applyError[ID, Pos, M]) Error() string { return e.err.Error() }
func (e *applyError[ID, Pos, M]) Unwrap() error { return e.err }

// failing is the event that could not be applied.
type failing[Pos comparable] struct {
	at       core.Version[Pos]
	attempts int
	err      error // of the last attempt
	givenUp  bool
}

func (f *failing[Pos]) is(position Pos) bool { return f.at == core.At(position) }

// passed forgets the event once it was applied.
func (f *failing[Pos]) passed(position Pos) {
	if f.is(position) {
		*f = failing[Pos]{}
	}
}

// failed counts an attempt, and waits before the next one. An error that is due to the
// database or a store is returned, and does not count.
func (w *worker[Tx, ID, Pos, M]) failed(ctx context.Context, e *applyError[ID, Pos, M]) error {
	if w.isUnavailable(ctx, e.err) {
		return fmt.Errorf("apply event at %v (%s): %w", e.event.Position, e.event.Kind, e.err)
	}
	f := &w.failing
	if !f.is(e.event.Position) {
		*f = failing[Pos]{at: core.At(e.event.Position)}
	}
	f.attempts++
	f.err = e.err
	w.health.Fail(e.err)
	w.logFailed(ctx, e, f.attempts)
	if handlers.IsPermanent(e.err) || f.attempts >= w.settings.attempts {
		f.givenUp = true
		return nil
	}
	w.runner().Fault(ctx, core.NextRetry, e.err)
	return w.settings.backoff.Wait(ctx, f.attempts-1)
}

// isUnavailable reports whether an error is no fault of the event. A database that does
// not answer is the reason of any error.
func (w *worker[Tx, ID, Pos, M]) isUnavailable(ctx context.Context, err error) bool {
	if errors.Is(err, core.ErrUnavailable) || w.target.Unavailable(err) {
		return true
	}
	_, _, away := w.target.Progress(ctx, w.model.layout)
	return away != nil
}

func (w *worker[Tx, ID, Pos, M]) logFailed(ctx context.Context, e *applyError[ID, Pos, M], attempt int) {
	args := []any{"readmodel", w.model.layout.String(), "event", e.event.Kind, "position", e.event.Position, "attempt", attempt, "error", e.err}
	if panicked, ok := errors.AsType[*core.PanicError](e.err); ok {
		args = append(args, "stack", string(panicked.Stack))
	}
	w.runner().Logger().WarnContext(ctx, "event could not be applied", args...)
}

// giveUp parks the event that failed, or returns an [EventError]. The events before it
// are applied.
func (w *worker[Tx, ID, Pos, M]) giveUp(ctx context.Context, e *core.StoredEvent[ID, Pos, M]) error {
	if !w.settings.park {
		w.runner().Fault(ctx, core.NextStop, w.failing.err)
		return core.Final(&EventError{
			Layout: w.model.layout, Kind: e.Kind, Key: e.Key.String(),
			Position: fmt.Sprint(e.Position), Attempts: w.failing.attempts, Err: w.failing.err,
		})
	}
	position := positionText(core.At(e.Position))
	err := w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		p, err := w.lock(ctx, tx)
		if err != nil {
			return err
		}
		err = tx.Park(ctx, Parked{
			Position: position, EventID: e.EventID(), Kind: e.Kind, Key: plain(e.Key.String()),
			Attempts: w.failing.attempts, Reason: plain(w.failing.err.Error()),
		})
		if err != nil {
			return err
		}
		p.Position, p.EventID = position, e.EventID()
		return tx.Save(ctx, p)
	})
	if err != nil {
		return err
	}
	w.runner().Fault(ctx, core.NextPark, w.failing.err)
	w.runner().Logger().ErrorContext(ctx, "event parked", "readmodel", w.model.layout.String(), "position", e.Position, "error", w.failing.err)
	w.progress.Advance(core.At(e.Position))
	w.failing.passed(e.Position)
	return nil
}

// maxPlain is how many bytes of a text are kept with a parked event.
const maxPlain = 1000

// plain returns a text that every database can keep.
func plain(text string) string {
	if len(text) > maxPlain {
		text = text[:maxPlain] + "..."
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
}
